/*
 * process_calls.h - the system calls of lab 4, with the numbers of Linux on x86-64.
 */
#pragma once

#include <process_numbers.h>
#include <task.h>

/* Have all of them answered, and record how a process ends. */
void process_calls_init(void);

/* Exercise 4.4. The current process a second time: the child goes on where the parent
 * made its system call, `frame`, with 0 for its result, and is ready. The child's PID;
 * −ENOMEM; −EAGAIN. When it fails, nothing is left of the child. */
int64_t sys_fork(const struct trap_frame *frame);

/* Exercise 4.5. A task has ended; neither its stack nor its page table is in use. Its
 * children are orphans now, and those that have ended are destroyed. It becomes a
 * PROCESS_ZOMBIE and its parent is woken; without a parent it is destroyed. */
void process_ended(struct process *process);

/* Exercise 4.5. Wait until a child has ended: the one with that PID, or any, for −1. Its status
 * goes to the program's memory at `status`, unless that is 0; then nothing is left of it.
 * Its PID; 0: with WNOHANG, when none has ended yet; −EINVAL: another `pid` below 1, other
 * options, or `usage` is not 0; −ECHILD: no such child; −EFAULT: `status` cannot be written,
 * and the child stays what it is. */
int64_t sys_wait4(int pid, uint64_t status, int options, uint64_t usage);
