/*
 * cat.c - copies files, or what it reads, to descriptor 1.
 */
#include <files.h>

static int copy(int fd, const char *name)
{
    (void)name;
    static char bytes[1024];
    long count;
    while ((count = read(fd, bytes, sizeof bytes)) > 0) {
        int error = write_all(1, bytes, (size_t)count);
        if (error)
            return error;
    }
    return (int)count;
}

int main(int argc, char **argv)
{
    return for_each_file(argc, argv, copy);
}
