/*
 * family_test.c - a parent, four children, a grandchild, and what becomes of them.
 */
#include <processes.h>

static int counter = 1000; /* a page that parent and children write to */

/* A child of a kind: each adds to its own counter, and ends in its own way. */
static _Noreturn void child(int number)
{
    counter += number;
    printf("[Family Test] child %d, PID %d: the counter is %d\n", number, sys_getpid(), counter);
    if (number == 3)
        *(volatile int *)8 = 0; /* dies of it: signal 11 */
    if (number == 4 && fork() == 0) {
        sleep_ms(200); /* an orphan by then */
        printf("[Family Test] PID %d, the grandchild, has no parent any more\n", sys_getpid());
        sys_exit(77);
    }
    sys_exit(10 * number);
}

int main(void)
{
    for (int number = 1; number <= 4; number++)
        if (fork() == 0)
            child(number);
    printf("[Family Test] PID %d, the parent: the counter is %d\n", sys_getpid(), counter);
    int pid, status;
    while ((pid = wait4(-1, &status, 0, NULL)) > 0)
        printf("[Family Test] PID %d has ended: status %d, signal %d\n", pid, status >> 8,
               status & 0x7F);
    printf("[Family Test] no child is left: %d, and the counter is %d\n", pid, counter);
    return 0;
}
