/*
 * wait.h - waiting inside the kernel, and who runs meanwhile.
 *
 * There is one processor, and the kernel runs with IF clear: between two lines of C
 * nothing else happens, until somebody calls wait_switch().
 */
#pragma once

#include <task.h>

/* Exercise 4.1. Leave the processor to others: save in `registers` what must survive
 * a call (System V ABI, 3.2.1 "Registers"), and where to go on, then schedule(). It
 * returns when the scheduler goes on with the process whose record this is in. */
void wait_switch(struct trap_frame *registers);

/* Exercise 4.2. The current task waits in the queue until wake_up(). It may find, when
 * this returns, that what it waited for is gone again: look again, in a loop. */
void sleep_on(struct queue *queue);

/* Exercise 4.2. Make all that wait in the queue ready, the first one first. */
void wake_up(struct queue *queue);

/* Exercise 4.2. Who runs next: the first that is ready. While nobody is, the processor
 * halts until an interrupt. NULL: no process is left. */
struct process *next_ready(void);
