/*
 * machine.h - switching the machine off, and why.
 */
#pragma once

/* What the kernel says about its end. `make qemu-nox` puts it into words. */
enum machine_status {
    MACHINE_DONE = 0,  /* everything ran and the kernel shut down */
    MACHINE_PANIC = 1, /* the kernel found itself in an impossible state */
    MACHINE_TODO = 2,  /* an exercise was reached that is not written */
    MACHINE_WRONG = 3, /* an exercise was written and has a wrong result */
};

_Noreturn void machine_off(enum machine_status status);
