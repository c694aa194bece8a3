/*
 * wc.c - counts lines, words and bytes.
 */
#include <files.h>
#include <stdbool.h>

static int count(int fd, const char *name)
{
    static char bytes[1024];
    unsigned long lines = 0, words = 0, all = 0;
    bool in_word = false;
    long got;
    while ((got = read(fd, bytes, sizeof bytes)) > 0) {
        all += (unsigned long)got;
        for (long i = 0; i < got; i++) {
            bool is_space = bytes[i] == ' ' || (bytes[i] >= '\t' && bytes[i] <= '\r');
            lines += bytes[i] == '\n';
            words += !is_space && !in_word;
            in_word = !is_space;
        }
    }
    if (got == 0)
        printf("%7lu %7lu %7lu%s%s\n", lines, words, all, name ? " " : "", name ? name : "");
    return (int)got;
}

int main(int argc, char **argv)
{
    return for_each_file(argc, argv, count);
}
