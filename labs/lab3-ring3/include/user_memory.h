/*
 * user_memory.h - the one place in lab 3 that reads memory at an address that ring 3 gave.
 */
#pragma once

#include <trap.h>
#include <types.h>

/* Forbid ring 0 to use ring 3's pages, where the processor has SMAP. */
void user_memory_init(void);

/* Copy from the current process's memory; whether it may read there was asked before
 * (user_range_check()). 0; −EFAULT: a fault came all the same, and was reported. */
int copy_from_user(void *to, uint64_t address, size_t length);

/* The copy itself, for this and for later labs: how many bytes were not copied. */
size_t user_memory_copy(void *to, const void *from, size_t length);

/* Whether the exception of the kernel came in a copy; then the frame leads out of it. */
bool user_memory_fault(struct trap_frame *frame);
