/*
 * ring3_loop_test.c - PID 2: never ends by itself.
 */
#include <user.h>

#define ROUNDS 80000 /* of an empty loop, between two lines */

static _Noreturn void ring3_loop_test(void)
{
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
