/*
 * owners.c - how many own a frame, besides the first: frames belong to one owner until
 * fork shares them.
 *
 * Counts of 16 bits, a frame's worth of them for each 8 MiB of memory, since no two
 * frames need lie side by side.
 */
#include <boot.h>
#include <copy_on_write.h>
#include <errno.h>
#include <frame.h>
#include <panic.h>

#define MEMORY_MAX (8UL << 30)

static uint16_t *counts[MEMORY_MAX / PAGE_SIZE / OWNERS_OF_FRAME];

static uint16_t *count_of(phys_t frame)
{
    uint64_t number = frame.raw / PAGE_SIZE;
    if (number / OWNERS_OF_FRAME >= sizeof counts / sizeof *counts
        || !counts[number / OWNERS_OF_FRAME])
        panic("frame %#lx is not one of the usable ones", frame.raw);
    return &counts[number / OWNERS_OF_FRAME][number % OWNERS_OF_FRAME];
}

unsigned owners_further(phys_t frame)
{
    return *count_of(frame);
}

int owners_add(phys_t frame)
{
    uint16_t *count = count_of(frame);
    if (*count == OWNERS_MAX)
        return -EAGAIN;
    ++*count;
    return 0;
}

void owners_drop(phys_t frame)
{
    uint16_t *count = count_of(frame);
    if (*count == 0)
        panic("frame %#lx has one owner, and an owner was dropped", frame.raw);
    --*count;
}

void owners_init(void)
{
    for (unsigned i = 0; i < memory_region_count; i++) {
        uint64_t last = (memory_regions[i].end - 1) / PAGE_SIZE / OWNERS_OF_FRAME;
        for (uint64_t at = memory_regions[i].start / PAGE_SIZE / OWNERS_OF_FRAME; at <= last; at++)
            if (at < sizeof counts / sizeof *counts && !counts[at])
                counts[at] = phys_to_virt(frame_alloc());
    }
}
