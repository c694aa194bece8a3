/*
 * probe.h - see kernel/probe.S.
 */
#pragma once

#include <cpu.h>

struct trap_frame;

/* Call gdt_load(). The result has a bit set for each of these that it has changed: rbx, rbp,
 * r12 to r15, rsp, RFLAGS.DF and RFLAGS.IF. */
unsigned probe_gdt_load(const struct table_register *gdtr);

/* Execute int3. The result has a bit set for each register that has changed, in the order
 * of a trap frame; then for rsp and for the direction flag. */
unsigned probe_breakpoint(void);

/* Go to trap_return() with a useless value in each register but RDI. */
_Noreturn void probe_trap_return(struct trap_frame *frame);

/* Push until the stack is full. */
_Noreturn void probe_stack_overflow(void);
