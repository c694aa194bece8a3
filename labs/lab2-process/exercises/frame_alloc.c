/*
 * Exercise 2.1: frame_alloc, frame_free, frame_free_count
 *
 * In:  memory_regions[] (<boot.h>): memory_region_count runs of usable frames
 * Out: frame_alloc       a frame that is in nobody's hands, filled with zeroes;
 *                        FRAME_NONE when there is none
 *      frame_free        the frame may be handed out again
 *      frame_free_count  how many more frames frame_alloc() would return
 *
 * There is no memory for a list of them but the frames themselves: a
 * free frame can hold the address of the next one (phys_to_virt() makes it
 * readable). Nothing is set up before the first call.
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
