/*
 * user_task.h - tasks with open files, from their beginning to their end.
 */
#pragma once

#include <file.h>

/* Start the program that is the archive's file of that number, from 0, with the console as
 * its descriptors 0, 1 and 2. It is first_task, and ready. */
void first_task_start(unsigned number);
extern struct task *first_task;

/* A child has the files and the name of the current process. */
void user_inherit(struct user *child);

/* For schedule_use(): closes the files of a process that has ended; then process_ended(). */
void user_ended(struct process *process);
