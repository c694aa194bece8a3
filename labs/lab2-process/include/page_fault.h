/*
 * page_fault.h - page faults of the kernel, and trying an address on purpose.
 */
#pragma once

#include <trap.h>
#include <types.h>

/* Explain page faults and double faults from now on. */
void page_fault_init(void);

/* The handler of #PF: prints "#PF in the guard page of PID 1: read from ring 0, page not
 * present, address 0x…", and goes on when the kernel was only probing. */
void page_fault(struct trap_frame *frame);

/* Read the byte at the address. False when that faulted (and was reported). */
bool probe_read(uint64_t address);
