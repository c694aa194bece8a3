/*
 * boot_checks.h - what lab 1's kernel shows and tries after each exercise.
 */
#pragma once

#include <boot.h>

/* 1.1: the GDT's four segments, in words; then segment_descriptor() again. */
void show_segments(void);

/* 1.2: gdt_load() with a different table: what else it loads, and what it must keep. */
void try_gdt_load(void);

/* 1.3: the TSS's descriptor and TR; then tss_descriptor() with all bits in use. */
void show_tss(void);

/* 1.4, 1.6: the IDT's entry for a vector. */
void show_gate(unsigned vector);

/* 1.4: interrupt_gate() with all bits of an address in use, and every DPL. */
void try_gates(void);

/* 1.5: execute int3, print its frame, and see that everything came back. */
void try_breakpoint(void);

/* 1.6: what else trap_use_stack() changes. */
void try_trap_use_stack(void);

/* 1.6: fill the boot stack until the processor cannot push onto it any more. That is the
 * end of lab 1: a double fault is an abort (SDM volume 3A, 6.5), with no way back. */
_Noreturn void try_stack_overflow(void);
