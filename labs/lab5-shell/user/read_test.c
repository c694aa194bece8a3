/*
 * read_test.c - exercise 5.2: opens files of the archive, and reads from them.
 */
#include <files.h>

static void try(const char *path, int flags)
{
    int fd = open(path, flags);
    printf("[Read Test] open(\"%s\") = %s\n", path, fd < 0 ? error_name(fd) : "a descriptor");
    if (fd < 0)
        return;
    char text[16];
    long all = 0, got;
    while ((got = read(fd, text, sizeof text)) > 0)
        all += got;
    if (got < 0)
        printf("[Read Test] read() = %s\n", error_name((int)got));
    else
        printf("[Read Test] it has %ld bytes, of which lseek() says %ld\n", all,
               lseek(fd, 0, SEEK_END));
    close(fd);
}

int main(void)
{
    try("/poem", O_RDONLY);
    try("poem", 1); /* to be written */
    try("/nosuch", O_RDONLY);
    try("/", O_RDONLY);
    char line[64];
    int fd = open("/poem", O_RDONLY);
    lseek(fd, 4, SEEK_SET);
    long got = read(fd, line, sizeof line - 1);
    line[got < 0 ? 0 : got] = 0;
    for (char *c = line; *c; c++)
        if (*c == '\n')
            *c = 0;
    printf("[Read Test] from its byte 4 on: \"%s\"\n", line);
    return 0;
}
