/*
 * clock.h - time, in ticks of the timer, and waiting for it.
 */
#pragma once

#include <task.h>

/* Start the timer, with the handler of this lab. */
void clock_init(void);

/* Ticks since clock_init(): TIMER_HZ a second. */
uint64_t clock_ticks(void);

/* Wait until that tick has come. */
void clock_wait(uint64_t tick);
