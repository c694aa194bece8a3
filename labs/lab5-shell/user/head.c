/*
 * head.c - the first ten lines.
 */
#include <files.h>

static int copy_lines(int fd, const char *name)
{
    (void)name;
    static char bytes[256];
    int lines = 10;
    long got = 0;
    while (lines > 0 && (got = read(fd, bytes, sizeof bytes)) > 0) {
        long at = 0;
        while (at < got && lines > 0)
            lines -= bytes[at++] == '\n';
        int error = write_all(1, bytes, (size_t)at);
        if (error)
            return error;
    }
    return got < 0 ? (int)got : 0;
}

int main(int argc, char **argv)
{
    return for_each_file(argc, argv, copy_lines);
}
