/*
 * frames_large.c - all frames of a machine with more memory than frames.c has tables for: how
 * many there are, which is the highest, and whether each comes once.
 */
#include <boot.h>
#include <frame.h>
#include <observe.h>
#include <tables.h>

#define FRAMES_MAX 8192 /* 32 MiB */

_Noreturn void kmain(void)
{
    static bool seen[FRAMES_MAX];
    uint64_t count = 0, highest = 0, twice = 0;
    tables_init();
    for (unsigned i = 0; i < memory_region_count; i++)
        observe("region end", memory_regions[i].end);
    observe("usable", frame_usable_count());
    for (; count < FRAMES_MAX; count++) {
        uint64_t frame = frame_alloc().raw;
        if (frame == FRAME_NONE.raw)
            break;
        if (frame > highest)
            highest = frame;
        if (frame / PAGE_SIZE >= FRAMES_MAX)
            continue;
        twice += seen[frame / PAGE_SIZE];
        seen[frame / PAGE_SIZE] = true;
    }
    observe("taken", count);
    observe("highest", highest);
    observe("twice", twice);
    observe("free when exhausted", frame_free_count());
    observed_all();
}
