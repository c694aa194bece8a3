/*
 * probe.h - see kernel/probe.S.
 */
#pragma once

/* Execute int3; returns how many general registers it changed. */
unsigned probe_breakpoint(void);

/* Push until the stack is full. */
_Noreturn void probe_stack_overflow(void);
