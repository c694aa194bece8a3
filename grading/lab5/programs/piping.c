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
    frames();
    return 0;
}
