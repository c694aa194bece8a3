/*
 * sleep_test.c - three times in the kernel of lab 4: the later it started, the sooner it wakes.
 */
#include <processes.h>

int main(void)
{
    int pid = sys_getpid();
    long time = 1000 - pid % 3 * 400; /* three PIDs in a row: no two sleep alike */
    printf("[Sleep Test] PID %d sleeps for %ld ms\n", pid, time);
    sleep_ms(time);
    printf("[Sleep Test] PID %d is awake after %ld ms\n", pid, time);
    return 0;
}
