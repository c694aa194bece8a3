/*
 * reading.c - exercise 5.2: reads the files of archives.c, in pieces of several sizes.
 */
#include <files.h>
#include <format.h>
#include <memory_layout.h>
#include <report.h>

#define CODE ((void *)USER_PROGRAM_BASE) /* read-only */

static char bytes[12 * 8192];

/* Of the bytes in their order: no other ones have the same. */
static unsigned long digest(unsigned long count)
{
    unsigned long value = 0;
    for (unsigned long i = 0; i < count; i++)
        value = value * 31 + (unsigned char)bytes[i];
    return value;
}

static void read_in_pieces(unsigned number, unsigned long piece)
{
    char name[16];
    snprintf(name, sizeof name, "/file%u", number);
    int fd = open(name, O_RDONLY);
    unsigned long all = 0;
    long got = 1;
    for (int i = 0; i < 12 && got > 0; i++) { /* in 9 the longest is read */
        got = read(fd, bytes + all, piece);
        if (got > 0)
            all += (unsigned long)got;
    }
    report(100 + number, all);
    report(200 + number, digest(all));
    report(300 + number, (unsigned long)read(fd, bytes, piece));
    close(fd);
}

int main(void)
{
    for (unsigned i = 0; i < 12; i++)
        read_in_pieces(i, i % 2 ? 1000 : 8192);
    int fd = open("file9", O_RDONLY);
    report(400, (unsigned long)read(fd, (void *)0xFFFF800010000000, 10)); /* the kernel's */
    report(401, (unsigned long)read(fd, CODE, 10));                       /* read-only */
    report(402, (unsigned long)lseek(fd, 0, SEEK_CUR));                   /* nothing taken */
    report(403, (unsigned long)lseek(fd, 8000, SEEK_SET));
    long got = read(fd, bytes, 100);
    report(404, (unsigned long)got);
    report(405, digest(got > 0 ? (unsigned long)got : 0));
    report(406, (unsigned long)lseek(fd, 1L << 40, SEEK_SET));
    report(407, (unsigned long)read(fd, bytes, 10)); /* past the end */
    report(408, (unsigned long)lseek(fd, 0x7FFFFFFFFFFFFFFF, SEEK_SET));
    report(409, (unsigned long)read(fd, bytes, 10));
    int first = open("file9", O_RDONLY), second = open("file9", O_RDONLY); /* two places */
    report(411, (unsigned long)read(first, bytes, 1000));
    report(412, (unsigned long)read(second, bytes, 100));
    got = read(first, bytes, 100);
    report(413, digest(got > 0 ? (unsigned long)got : 0));
    got = read(second, bytes, 100);
    report(414, digest(got > 0 ? (unsigned long)got : 0));
    lseek(fd, -5, SEEK_END);
    report(410, (unsigned long)read(fd, bytes, 1UL << 62)); /* five are left, and fit */
    return 0;
}
