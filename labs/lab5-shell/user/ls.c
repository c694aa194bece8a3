/*
 * ls.c - the names of all files.
 */
#include <files.h>

static char entries[1024];

int main(void)
{
    int fd = open("/", O_RDONLY);
    long got = fd;
    while (fd >= 0 && (got = getdents64(fd, (struct linux_dirent64 *)entries, sizeof entries)) > 0)
        for (long at = 0; at < got;) {
            const struct linux_dirent64 *entry = (const void *)(entries + at);
            printf("%s\n", entry->d_name);
            at += entry->d_reclen;
        }
    if (got < 0)
        print_error("ls", (int)got);
    return got < 0;
}
