/*
 * yield_test.c - twice in the kernel of lab 4: the two give way to each other.
 */
#include <processes.h>

int main(void)
{
    for (int line = 1; line <= 3; line++) {
        printf("[Yield Test] PID %d: %d\n", sys_getpid(), line);
        sched_yield();
    }
    return 0;
}
