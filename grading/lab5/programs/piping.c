/*
 * piping.c - exercise 5.5: bytes, ends, and who waits.
 */
#include <files.h>
#include <lab5_calls.h>
#include <memory_layout.h>
#include <report.h>

#define CODE ((void *)USER_PROGRAM_BASE) /* read-only */
#define BIG  10007

static char bytes[BIG];
static int status;

/* A page, and there is none behind it: what mmap() gives. */
static char *page_behind_nothing(void)
{
    long page;
    register long flags asm("r10") = 0x22; /* MAP_PRIVATE, MAP_ANONYMOUS */
    asm volatile("int %1"
                 : "=a"(page)
                 : "i"(SYSCALL_VECTOR), "a"(SYS_MMAP), "D"(0), "S"(4096), "d"(3), "r"(flags)
                 : "memory");
    return (char *)page;
}

static void close_all(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

static void small(void)
{
    int ends[2];
    char in[64];
    report(100, (unsigned long)pipe(ends));
    report(101, (unsigned long)sys_write(ends[1], "hello", 5));
    report(102, (unsigned long)sys_write(ends[1], ", ring 3", 8));
    memset(in, 0, sizeof in);
    report(103, (unsigned long)read(ends[0], in, 3));
    report(104, (unsigned long)read(ends[0], in + 3, sizeof in - 3));
    report(105, strcmp(in, "hello, ring 3") == 0);
    report(106, (unsigned long)read(ends[1], in, 1));      /* not to be read */
    report(107, (unsigned long)sys_write(ends[0], in, 1)); /* not to be written */
    report(108, (unsigned long)sys_write(ends[1], (void *)8, 4));
    report(109, (unsigned long)sys_write(ends[1], "keep", 4));
    report(110, (unsigned long)read(ends[0], CODE, 4));
    report(111, (unsigned long)read(ends[0], in, 64)); /* all four are there still */
    close(ends[1]);
    report(112, (unsigned long)read(ends[0], in, 64)); /* the end */
    report(113, (unsigned long)read(ends[0], in, 64)); /* and again */
    close(ends[0]);
    pipe(ends);
    close(ends[0]);
    report(114, (unsigned long)sys_write(ends[1], "x", 1));
    close(ends[1]);
}

/* More than fits, in pieces that do not divide it: each side waits for the other, many times. */
static void large(void)
{
    int ends[2];
    pipe(ends);
    if (fork() == 0) {
        close(ends[0]);
        for (int i = 0; i < BIG; i++)
            bytes[i] = (char)(i * 7 + i / 256);
        report(200, (unsigned long)sys_write(ends[1], bytes, BIG));
        report(201, (unsigned long)sys_write(ends[1], bytes, 100));
        sys_exit(0);
    }
    close(ends[1]);
    unsigned long wrong = 0, all = 0;
    for (long got; (got = read(ends[0], bytes, 611)) > 0;)
        for (long i = 0; i < got; i++, all++) {
            unsigned long at = all < BIG ? all : all - BIG;
            wrong += bytes[i] != (char)(at * 7 + at / 256);
        }
    report(202, all);
    report(203, wrong);
    wait4(-1, &status, 0, NULL);
    close(ends[0]);
}

/* Who waits is woken by the last close at the other end. */
static void last_close(void)
{
    int ends[2];
    pipe(ends);
    int reader = fork();
    if (reader == 0) {
        close(ends[1]);
        report(300, (unsigned long)read(ends[0], bytes, 10));
        sys_exit(0);
    }
    int holder = fork(); /* holds the end to write to for a while */
    if (holder == 0) {
        sched_yield();
        report(301, 1);
        sys_exit(0);
    }
    close(ends[1]);
    close(ends[0]);
    wait4(-1, &status, 0, NULL);
    wait4(-1, &status, 0, NULL);

    pipe(ends);
    int writer = fork();
    if (writer == 0) {
        close(ends[0]);
        report(302, (unsigned long)sys_write(ends[1], bytes, BIG));
        report(303, (unsigned long)sys_write(ends[1], bytes, 1));
        sys_exit(0);
    }
    close(ends[1]);
    sched_yield(); /* it waits, for the pipe is full */
    report(304, (unsigned long)read(ends[0], bytes, 5));
    close(ends[0]);
    wait4(-1, &status, 0, NULL);
}

/* Two readers and two writers. */
static void several(void)
{
    int ends[2], back[2];
    pipe(ends);
    pipe(back);
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            close(ends[1]);
            long got, all = 0;
            while ((got = read(ends[0], bytes, 100)) > 0)
                all += got;
            sys_write(back[1], &all, sizeof all);
            sys_exit(0);
        }
    close(ends[0]);
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            for (int n = 0; n < 12; n++)
                sys_write(ends[1], bytes, 150);
            sys_exit(0);
        }
    close(ends[1]);
    close(back[1]);
    long all = 0, part;
    while (read(back[0], &part, sizeof part) == sizeof part)
        all += part;
    report(400, (unsigned long)all);
    close(back[0]);
    while (wait4(-1, &status, 0, NULL) > 0)
        ;
}

/* Bytes that lie across the end of the ring, and another pipe, which has a ring of its own. */
static void ring(void)
{
    int ends[2], other[2];
    unsigned long word = 0, wrong = 0;
    for (int i = 0; i < BIG; i++)
        bytes[i] = (char)(i * 7 + i / 256);
    pipe(ends);
    pipe(other);
    sys_write(ends[1], bytes, 2000);
    sys_write(other[1], "others", 6);
    report(600, (unsigned long)read(ends[0], bytes + 5000, 2000));
    report(601, (unsigned long)sys_write(ends[1], bytes, 100));
    report(602, (unsigned long)read(ends[0], bytes + 5000, 200));
    for (int i = 0; i < 100; i++)
        wrong += bytes[i] != bytes[5000 + i];
    report(603, wrong);
    report(604, (unsigned long)read(other[0], &word, sizeof word));
    report(605, word);

    /* 2,100 were taken: 1,948 further on there are 48 bytes before the ring's end. */
    sys_write(ends[1], bytes, 1948);
    read(ends[0], bytes + 5000, 1948);
    char *end = page_behind_nothing() + 4096;
    memset(end - 60, 'e', 60);
    report(606, (unsigned long)sys_write(ends[1], end - 60, 61)); /* its last byte is bad */
    sys_write(ends[1], "keep", 4);
    memset(end - 48, 0, 48);
    sys_write(ends[1], bytes, 96);
    report(607, (unsigned long)read(ends[0], end - 48, 100)); /* the second piece is bad */
    report(608, (unsigned long)read(ends[0], &word, 4));
    report(609, word & 0xFFFFFFFF);
    close_all(ends);
    close_all(other);
}

/* Two wait, and what comes is enough for one of them. */
static void one_is_quicker(void)
{
    int ends[2];
    pipe(ends);
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            close(ends[1]);
            report(610, (unsigned long)read(ends[0], bytes, 10));
            sys_exit(0);
        }
    sched_yield(); /* both wait */
    sys_write(ends[1], "abc", 3);
    sched_yield(); /* both have looked */
    sys_write(ends[1], "defg", 4);
    close_all(ends);
    while (wait4(-1, &status, 0, NULL) > 0)
        ;
}

/* Frames: twenty pipes, whose ends are closed in either order. */
static void frames(void)
{
    int ends[2];
    long before = system_call(CALL_FREE, 0, 0, 0);
    for (int i = 0; i < 20; i++) {
        if (pipe(ends) != 0)
            break;
        close(ends[i % 2]);
        close(ends[1 - i % 2]);
    }
    report(500, (unsigned long)(before - system_call(CALL_FREE, 0, 0, 0)));
}

int main(void)
{
    small();
    large();
    last_close();
    several();
    ring();
    one_is_quicker();
    frames();
    return 0;
}
