/*
 * timer.h - the timer interrupt, TIMER_HZ times a second.
 */
#pragma once

#define TIMER_HZ 100

/* Set up the interrupt controllers and the timer. Interrupts come in ring 3
 * only: the kernel runs with IF clear. */
void timer_init(void);
