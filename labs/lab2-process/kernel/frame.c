/*
 * frame.c - which frames there are. Exercise 2.1 keeps track of which are taken.
 */
#include <boot.h>
#include <frame.h>

uint64_t frame_usable_count(void)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < memory_region_count; i++)
        count += (memory_regions[i].end - memory_regions[i].start) / PAGE_SIZE;
    return count;
}

bool frame_is_usable(phys_t frame)
{
    for (unsigned i = 0; i < memory_region_count; i++)
        if (frame.raw >= memory_regions[i].start && frame.raw < memory_regions[i].end)
            return frame.raw % PAGE_SIZE == 0;
    return false;
}
