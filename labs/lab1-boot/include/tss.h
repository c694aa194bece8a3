/*
 * tss.h - the task-state segment: where the processor finds its stacks.
 *
 * Intel SDM volume 3A, 8.7 "Task Management in 64-bit Mode", figure 8-11. In
 * 64-bit mode it holds no task and switches none.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct tss {
    uint32_t reserved0;
    uint64_t rsp[3]; /* stack on a change to ring 0, 1, 2 */
    uint64_t reserved1;
    uint64_t ist[7]; /* interrupt stack table: ist[0] is IST 1 */
    uint64_t reserved2;
    uint16_t reserved3;
    uint16_t io_map_base; /* at or past the limit: no I/O map */
} __attribute__((packed));

_Static_assert(sizeof(struct tss) == 0x68, "SDM volume 3A, 8.7: 104 bytes");
_Static_assert(offsetof(struct tss, rsp) == 4, "SDM volume 3A, 8.7: RSP0 at 4");
_Static_assert(offsetof(struct tss, ist) == 36, "SDM volume 3A, 8.7: IST1 at 36");
_Static_assert(offsetof(struct tss, io_map_base) == 102, "SDM volume 3A, 8.7: I/O map base at 102");

/* A TSS descriptor takes two entries of the GDT: SDM volume 3A, 8.2.3, figure 8-4. */
struct system_descriptor {
    uint64_t low, high;
};

#define SYSTEM_TSS_AVAILABLE (0x9ULL << 40)

/* Exercise 1.3. The descriptor of an available 64-bit TSS, present, DPL 0.
 * `base` is its linear address, `limit` its size in bytes minus 1. */
struct system_descriptor tss_descriptor(uint64_t base, uint32_t limit);

/* Exercise 1.3. Enter the TSS at SELECTOR_TSS into the GDT and load TR with it. */
void tss_load(const struct tss *tss);

/* Build the processor's TSS and load it with tss_load(); stops at a wrong one. */
void tss_init(void);

/* The stack for the next change to ring 0: `top` is the address above it, 16-byte aligned. */
void tss_set_rsp0(uint64_t top);
uint64_t tss_rsp0(void);

/* The stack of IST `index`, 1 to 7: `top` is the address above it, 16-byte aligned. */
void tss_set_ist(unsigned index, uint64_t top);
uint64_t tss_ist(unsigned index);
