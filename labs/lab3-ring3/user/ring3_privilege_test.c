/*
 * ring3_privilege_test.c - PID 3: does what only ring 0 may do.
 */
#include <user.h>

static void ring3_privilege_test(void)
{
    printf("[Ring 3 Privilege] executing cli\n");
    asm volatile("cli");
    printf("[Ring 3 Privilege] FAILED: cli was executed in ring 3\n");
}

int main(void)
{
    ring3_privilege_test();
    return 1;
}
