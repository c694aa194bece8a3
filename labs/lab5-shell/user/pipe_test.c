/*
 * pipe_test.c - exercise 5.5: a child writes, its parent reads, until the end.
 */
#include <files.h>

#define BYTES 5000 /* more than a pipe holds */

static void child(int fd)
{
    static char bytes[BYTES];
    for (int i = 0; i < BYTES; i++)
        bytes[i] = (char)i;
    long written = sys_write(fd, bytes, BYTES);
    printf("[Pipe Test] the child has written %ld bytes\n", written);
    sys_exit(0);
}

int main(void)
{
    int ends[2], wrong = 0;
    pipe(ends);
    if (fork() == 0)
        child(ends[1]);
    close(ends[1]);
    char bytes[512];
    long got, all = 0;
    while ((got = read(ends[0], bytes, sizeof bytes)) > 0)
        for (long i = 0; i < got; i++)
            wrong += bytes[i] != (char)all++;
    printf("[Pipe Test] the parent has read %ld bytes, %d of them wrong, then the end\n", all,
           wrong);
    wait4(-1, NULL, 0, NULL);
    pipe(ends);
    close(ends[0]);
    printf("[Pipe Test] write() with no reader = %s\n",
           error_name((int)sys_write(ends[1], "x", 1)));
    return 0;
}
