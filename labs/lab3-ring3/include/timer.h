/*
 * timer.h - the timer interrupt, TIMER_HZ times a second.
 */
#pragma once

#define TIMER_HZ 20

/* Start the timer, after irq_init(). Its interrupts come in ring 3 only: the
 * kernel runs with IF clear. */
void timer_init(void);
