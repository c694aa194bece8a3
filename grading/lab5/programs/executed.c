/*
 * executed.c - exercise 5.4: what a program finds that another one has turned into.
 */
#include <files.h>
#include <report.h>

static int zeroes[100];

int main(int argc, char **argv)
{
    char bytes[8] = "";
    report(200, (unsigned long)sys_getpid());
    report(201, (unsigned long)argc);
    report(202,
           argc == 4 && strcmp(argv[0], "executed") == 0 && argv[1][0] == 0
               && strcmp(argv[2], "one two") == 0 && strcmp(argv[3], "\x80\xFF") == 0);
    report(203, argv[argc] == NULL);
    report(204, (unsigned long)read(3, bytes, sizeof bytes)); /* open before */
    unsigned long word;
    memcpy(&word, bytes, sizeof word);
    report(205, word);
    unsigned long sum = 0;
    for (unsigned i = 0; i < 100; i++)
        sum += (unsigned)zeroes[i];
    report(206, sum);
    return 7;
}
