/*
 * interrupt_tasks.h - ending tasks from outside, wherever they are.
 */
#pragma once

#include <task.h>

/* End all living descendants of the task; how many there were. The one that runs, if it is among
 * them, ends in end_interrupted(). */
unsigned descendants_end(struct task *ancestor);

/* At the end of an interrupt: does not return when the process that it came in has to end. */
void end_interrupted(void);
