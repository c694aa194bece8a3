/*
 * describe.h - what the hardware holds, in words.
 */
#pragma once

#include <format.h>
#include <stdint.h>

/* Room enough for each of the texts below. */
#define DESCRIBE_SIZE 120

/* A code or data segment's descriptor: "present, DPL 3, 64-bit code". What
 * 64-bit mode ignores (base, limit, G) and what may be either way is left out. */
void describe_segment(char text[DESCRIBE_SIZE], uint64_t descriptor);

/* A 16-byte system descriptor: "busy 64-bit TSS, present, DPL 0, base 0x…, limit 0x67". */
void describe_system(char text[DESCRIBE_SIZE], uint64_t low, uint64_t high);

/* An IDT entry: "interrupt gate to 0x0008:0x…, present, DPL 0, IST 0". */
struct gate;
void describe_gate(char text[DESCRIBE_SIZE], const struct gate *gate);

/* A page fault's error code: "write from ring 0, page not present". */
void describe_page_fault(char text[DESCRIBE_SIZE], uint64_t error_code);
