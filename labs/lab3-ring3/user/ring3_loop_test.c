/*
 * ring3_loop_test.c - PID 2: never ends by itself.
 */
#include <stdbool.h>
#include <user.h>

#define ROUNDS 80000 /* of an empty loop, between two lines */

static _Noreturn void ring3_loop_test(void)
{
    static bool begun;
    if (begun) {
        printf("[Ring 3 Loop] FAILED: it begins anew instead of going on\n");
        sys_exit(-1);
    }
    begun = true;
    for (int line = 1;; line++) {
        printf("[Ring 3 Loop] still running: %d\n", line);
        for (volatile int i = 0; i < ROUNDS; i++)
            ;
    }
}

int main(void)
{
    ring3_loop_test();
}
