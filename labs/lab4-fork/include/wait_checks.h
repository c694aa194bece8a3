/*
 * wait_checks.h - what exercises of lab 4 must have done, looked at where they are used.
 */
#pragma once

#include <trap.h>
#include <types.h>

/* wait_switch(), with values in the registers that must survive it. */
void checked_wait_switch(struct trap_frame *registers);

/* Stops when a child is not what sys_fork() must have made for a system call. */
void check_child(int pid, const struct trap_frame *frame);
