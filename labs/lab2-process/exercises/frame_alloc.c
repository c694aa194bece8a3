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

phys_t frame_alloc(void)
{
    todo("2.1");
}

void frame_free(phys_t frame)
{
    todo("2.1");
}

uint64_t frame_free_count(void)
{
    todo("2.1");
}
