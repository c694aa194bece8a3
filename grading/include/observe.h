/*
 * observe.h - what a test kernel has seen, for the harness.
 *
 * A test kernel judges nothing and prints no verdict: it does things, writes
 * down what came of them, and the harness reads that from the machine's memory
 * after the kernel has ended. The table is static, so that no exercise can name it.
 */
#pragma once

#include <machine.h>
#include <stdint.h>

#define OBSERVATIONS_MAX 40000

struct observation {
    const char *what;
    uint64_t value;
};

static volatile uint64_t observation_count;
static volatile struct observation observations[OBSERVATIONS_MAX];

static inline void observe(const char *what, uint64_t value)
{
    if (observation_count < OBSERVATIONS_MAX) {
        observations[observation_count].what = what;
        observations[observation_count].value = value;
    }
    observation_count++;
}

/* The end of every test kernel; the harness takes no other end for one. */
static _Noreturn inline void observed_all(void)
{
    observe("end", observation_count);
    machine_off(MACHINE_DONE);
}
