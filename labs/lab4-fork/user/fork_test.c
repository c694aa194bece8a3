/*
 * fork_test.c - one program, and from its middle on two processes.
 */
#include <processes.h>

int main(void)
{
    int child = fork();
    if (child < 0)
        printf("[Fork Test] fork: %d\n", child);
    printf("[Fork Test] PID %d: fork() gave me %d\n", sys_getpid(), child);
    return 0;
}
