/*
 * attacks.c - hostile families for hostile_forks.c, which says which of them. The status of the
 * first process is 0, or the line where something was not as it must be.
 */
#include <lab4_calls.h>
#include <must.h>
#include <processes.h>

static volatile char pages[2][PAGE] __attribute__((aligned(PAGE))) = { { 1 } };
static int status;

static int child_exits(int value)
{
    int pid = fork();
    if (pid == 0)
        sys_exit(value);
    return pid;
}

/* Each of them forks ten times, where it can. */
static void bomb(void)
{
    for (int i = 0; i < 10; i++)
        (void)fork();
}

static void bomb_in_a_row(void)
{
    int pid;
    while ((pid = fork()) == 0)
        pages[0][0]++;
    if (pid < 0)
        MUST(pid == -ENOMEM || pid == -EAGAIN);
    else
        MUST(wait4(pid, &status, 0, NULL) == pid && status == 0);
}

static void zombies(void)
{
    int pid, children = 0;
    while ((pid = child_exits(3)) > 0) {
        children++;
        sched_yield();
    }
    MUST(pid == -ENOMEM && children > 50);
}

static void strangers(void)
{
    int child = child_exits(1), pid = fork();
    if (pid == 0) { /* its siblings, parent and the neighbour */
        for (int other = 1; other < 200; other++)
            MUST(wait4(other, &status, 0, NULL) == -ECHILD);
        MUST(wait4(-1, &status, 0, NULL) == -ECHILD && wait4(0, NULL, 0, NULL) == -EINVAL);
        MUST(wait4(-0x7FFFFFFF - 1, &status, 0, NULL) == -EINVAL);
        MUST(wait4(0x7FFFFFFF, &status, 0, NULL) == -ECHILD);
        sys_exit(0);
    }
    MUST(wait4(pid, &status, 0, NULL) == pid && status == 0);
    MUST(wait4(child, &status, 0x7FFFFFFE, NULL) == -EINVAL);
    MUST(wait4(child, &status, 0, NULL) == child && status == 1 << 8);
}

static void bad_statuses(void)
{
    unsigned long places[] = { 1,
                               PAGE - 2,
                               (unsigned long)bad_statuses,
                               KERNEL_HALF,
                               KERNEL_HALF - 2,
                               0x00007FFFFFFFEFFE, /* across the end of the stack */
                               0x00007FFFFFFFFFFE, /* and of the half */
                               ~0UL - 1 };
    int child = child_exits(2);
    for (unsigned i = 0; i < sizeof places / sizeof *places; i++)
        MUST(wait4(child, (int *)places[i], 0, NULL) == -EFAULT);
    MUST(wait4(child, NULL, 0, NULL) == child);
}

static void across_pages(void)
{
    int *across = (int *)(pages[1] - 2), other = fork();
    if (other == 0) {
        sched_yield();
        MUST(*(volatile int *)across == 0);
        sys_exit(0);
    }
    int child = child_exits(0x5A);
    MUST(wait4(child, across, 0, NULL) == child && *across == 0x5A00);
    MUST(wait4(other, &status, 0, NULL) == other && status == 0);
}

/* The parents are gone before their children write. */
static void exit_while_shared(void)
{
    for (int depth = 0; depth < 5; depth++) {
        pages[0][0] = (char)depth;
        if (fork() == 0) {
            sched_yield();
            sched_yield();
            if (pages[0][0] != depth)
                asm volatile("ud2");
            continue;
        }
        break;
    }
}

static void edges(void)
{
    static const unsigned long outside[] = { 0, PAGE - 1, 0x3FFFFF, 0x00007FFFFFFFF000 };
    for (unsigned i = 0; i < sizeof outside / sizeof *outside; i++) {
        int pid = fork();
        if (pid == 0) {
            for (int page = 0; page < 2; page++)
                pages[page][0] = pages[page][PAGE - 1] = 9;
            *(volatile char *)outside[i] = 1;
        }
        MUST(wait4(pid, &status, 0, NULL) == pid && status == SIGSEGV);
        MUST(pages[0][0] == 1 && pages[0][PAGE - 1] == 0 && pages[1][0] == 0);
    }
}

static void code(void)
{
    volatile char *first = (volatile char *)bomb, before = *first;
    for (int i = 0; i < 3; i++) {
        int pid = fork();
        if (pid == 0) {
            *first = 0;
            sys_exit(0);
        }
        MUST(wait4(pid, (int *)bomb, 0, NULL) == -EFAULT);
        MUST(wait4(pid, &status, 0, NULL) == pid && status == SIGSEGV);
        MUST(*first == before);
    }
}

static void bad_sleeps(void)
{
    static const struct timespec times[] = {
        { -1, 0 },
        { 0, -1 },
        { 0, 1000000000 },
        { -0x7FFFFFFFFFFFFFFF - 1, 0 },
        { 0, 0x7FFFFFFFFFFFFFFF },
    };
    for (unsigned i = 0; i < sizeof times / sizeof *times; i++)
        MUST(nanosleep(&times[i]) == -EINVAL);
    MUST(nanosleep(NULL) == -EFAULT && nanosleep((void *)KERNEL_HALF) == -EFAULT);
    MUST(nanosleep((void *)0x00007FFFFFFFEFF8) == -EFAULT);
    struct timespec none = { 0, 0 };
    MUST(nanosleep(&none) == 0);
}

/* Nothing ends it for that. */
static void slices(void)
{
    int clock = fork();
    if (clock == 0) {
        sleep_ms(5100);
        sys_exit(0);
    }
    while (wait4(clock, &status, WNOHANG, NULL) == 0)
        for (volatile int i = 0; i < 20000; i++)
            ;
    MUST(status == 0);
}

static void sleep_for_ever(void)
{
    static const struct timespec times[] = {
        { 0x7FFFFFFFFFFFFFFF, 999999999 },
        { 0x7FFFFFFFFFFFFFFF / 20, 0 },
        { 1L << 62, 0 },
    };
    for (unsigned i = 0; i < sizeof times / sizeof *times; i++)
        if (fork() == 0) {
            (void)nanosleep(&times[i]);
            asm volatile("ud2"); /* never */
        }
    sleep_ms(200);
    MUST(wait4(-1, &status, WNOHANG, NULL) == 0);
}

int main(void)
{
    static void (*const attacks[])(void) = {
        bomb,         bomb_in_a_row,     zombies, strangers, bad_statuses,
        across_pages, exit_while_shared, edges,   code,      bad_sleeps,
        slices,       sleep_for_ever,
    };
    attacks[system_call(CALL_ATTACK, 0, 0, 0)]();
    return 0;
}
