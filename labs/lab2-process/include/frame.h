/*
 * frame.h - physical memory, a frame of 4 KiB (PAGE_SIZE) at a time.
 */
#pragma once

#include <types.h>

/* No frame has this address: the first MiB is never handed out. */
#define FRAME_NONE phys(0)

/* Exercise 2.1. Take a frame: PAGE_SIZE bytes of usable memory that nobody
 * else has, filled with zeroes. The caller owns it until frame_free().
 * FRAME_NONE when there is none left. */
phys_t frame_alloc(void);

/* Exercise 2.1. Give back a frame that frame_alloc() returned. */
void frame_free(phys_t frame);

/* Exercise 2.1. How many frames frame_alloc() can still hand out. */
uint64_t frame_free_count(void);

/* How many frames lie in memory_regions[] (<boot.h>). */
uint64_t frame_usable_count(void);

/* Whether the address is the start of a frame in memory_regions[]. */
bool frame_is_usable(phys_t frame);
