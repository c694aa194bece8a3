/*
 * types.h - addresses that cannot be mixed up.
 *
 * A physical address is a type of its own, so that handing one to a function
 * that wants a virtual one (the commonest mistake of lab 2) does not compile.
 * Virtual addresses are plain uint64_t, or pointers where the kernel may use them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <memory_layout.h>

typedef struct {
    uint64_t raw;
} phys_t;

static inline phys_t phys(uint64_t raw)
{
    return (phys_t){ raw };
}

/* Where the kernel can read and write physical memory; see memory_layout.h. */
static inline void *phys_to_virt(phys_t address)
{
    return (void *)(PHYSICAL_MAP_BASE + address.raw);
}

static inline uint64_t align_down(uint64_t value, uint64_t alignment)
{
    return value & ~(alignment - 1);
}

static inline uint64_t align_up(uint64_t value, uint64_t alignment)
{
    return align_down(value + alignment - 1, alignment);
}
