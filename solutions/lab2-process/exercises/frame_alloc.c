/*
 * Exercise 2.1: frame_alloc, frame_free, frame_free_count
 *
 * In:  memory_regions[] (<boot.h>): memory_region_count runs of usable frames
 * Out: frame_alloc       a frame that nobody else has, filled with zeroes;
 *                        FRAME_NONE when there is none
 *      frame_free        the frame may be handed out again
 *      frame_free_count  how many more frames frame_alloc() would return
 *
 * The only memory for a list of free frames is the frames themselves: each
 * can hold the address of the next one (phys_to_virt() makes it accessible).
 * Nothing is set up before the first call.
 * Check: make grade ONLY=2.1
 */
#include <boot.h>
#include <exercise.h>
#include <frame.h>
#include <string.h>

/* SOLUTION */
static phys_t freed; /* the last freed frame; each holds the one before */
static uint64_t freed_count;
static unsigned region; /* frames from here on were never handed out: */
static uint64_t fresh;  /* this many of the region were */

static phys_t take_fresh(void)
{
    for (; region < memory_region_count; region++, fresh = 0) {
        phys_t frame = phys(memory_regions[region].start + fresh * PAGE_SIZE);
        if (frame.raw < memory_regions[region].end) {
            fresh++;
            return frame;
        }
    }
    return FRAME_NONE;
}
/* END SOLUTION */

phys_t frame_alloc(void)
{
    /* SOLUTION */
    phys_t frame = freed;
    if (frame.raw != FRAME_NONE.raw) {
        freed = *(phys_t *)phys_to_virt(frame);
        freed_count--;
    } else {
        frame = take_fresh();
        if (frame.raw == FRAME_NONE.raw)
            return FRAME_NONE;
    }
    memset(phys_to_virt(frame), 0, PAGE_SIZE);
    return frame;
    /* END SOLUTION */
}

void frame_free(phys_t frame)
{
    /* SOLUTION */
    *(phys_t *)phys_to_virt(frame) = freed;
    freed = frame;
    freed_count++;
    /* END SOLUTION */
}

uint64_t frame_free_count(void)
{
    /* SOLUTION */
    uint64_t count = freed_count;
    for (unsigned i = region; i < memory_region_count; i++)
        count += (memory_regions[i].end - memory_regions[i].start) / PAGE_SIZE;
    return count - fresh;
    /* END SOLUTION */
}
