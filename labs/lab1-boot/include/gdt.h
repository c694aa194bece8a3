/*
 * gdt.h - the global descriptor table and its selectors.
 *
 * A selector is 8 × the entry's number, plus the RPL in bits 0–1; bit 2 (TI)
 * is 0 for this table. Intel SDM volume 3A, 3.4.2 "Segment Selectors".
 */
#pragma once

#define SELECTOR_KERNEL_CODE 0x08
#define SELECTOR_KERNEL_DATA 0x10
#define SELECTOR_USER_CODE   0x1B /* entry 0x18, RPL 3 */
#define SELECTOR_USER_DATA   0x23 /* entry 0x20, RPL 3 */
#define SELECTOR_TSS         0x28 /* 16 bytes: two entries */
#define GDT_ENTRIES          16   /* with room for later labs */

#ifndef __ASSEMBLER__

#include <cpu.h>
#include <stdint.h>

/* A segment descriptor, bit by bit: SDM volume 3A, 3.4.5, figure 3-8. In
 * 64-bit mode base and limit of code and data segments are ignored (3.2.4). */
#define SEGMENT_A      (1ULL << 40) /* accessed: the processor may set it */
#define SEGMENT_W      (1ULL << 41) /* data: writable */
#define SEGMENT_R      (1ULL << 41) /* code: readable */
#define SEGMENT_C      (1ULL << 42) /* code: conforming; data: expand-down */
#define SEGMENT_CODE   (1ULL << 43) /* code, not data */
#define SEGMENT_S      (1ULL << 44) /* code or data; clear: a system segment */
#define SEGMENT_DPL(n) ((uint64_t)(n) << 45)
#define SEGMENT_P      (1ULL << 47) /* present */
#define SEGMENT_L      (1ULL << 53) /* code: 64-bit; then D must be clear */
#define SEGMENT_DB     (1ULL << 54) /* code: D, 32-bit; data: B, 32-bit stack */
#define SEGMENT_G      (1ULL << 55) /* limit counts 4 KiB pages */

enum segment_type { CODE_SEGMENT, DATA_SEGMENT };

/* Exercise 1.1. The descriptor of a flat 64-bit code segment or of a writable
 * data segment for the ring `dpl` (0 or 3). */
uint64_t segment_descriptor(enum segment_type type, unsigned dpl);

/* Exercise 1.2. Load GDTR, then CS with SELECTOR_KERNEL_CODE and SS, DS and
 * ES with SELECTOR_KERNEL_DATA. */
void gdt_load(const struct table_register *gdtr);

/* Write a descriptor into the entry that the selector names (its RPL does not matter). */
void gdt_set(uint16_t selector, uint64_t descriptor);

/* Read an entry back. */
uint64_t gdt_get(uint16_t selector);

/* Fill the four segments with segment_descriptor(); stops at a wrong one. */
void gdt_init(void);

/* Switch to this GDT with gdt_load(); stops when it is not in use afterwards. */
void gdt_use(void);

/* Stop when GDTR, CS or SS are not the kernel's. The grader looks at them here. */
void gdt_check(void);

#endif
