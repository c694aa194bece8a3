/*
 * frames.c - all frames taken, given back in another order, and taken again.
 */
#include <boot.h>
#include <frame.h>
#include <observe.h>
#include <string.h>
#include <tables.h>

#define FRAMES_MAX 8192
#define FILL       0xA5
#define COUNTED    4 /* after this many steps of each kind the count is read */

static uint64_t frames[FRAMES_MAX];
static uint64_t count;

static bool is_zero(const uint64_t *words)
{
    for (unsigned i = 0; i < PAGE_SIZE / 8; i++)
        if (words[i])
            return false;
    return true;
}

/* Take frames until there is none, and leave something in each. */
static void take_all(bool note)
{
    uint64_t dirty = 0;
    for (count = 0; count < FRAMES_MAX; count++) {
        phys_t frame = frame_alloc();
        if (frame.raw == FRAME_NONE.raw)
            break;
        frames[count] = frame.raw;
        if (count < COUNTED)
            observe("free while taking", frame_free_count());
        if (note)
            observe("frame", frame.raw);
        if (!frame_is_usable(frame)) /* must not be written to */
            continue;
        dirty += !is_zero(phys_to_virt(frame));
        memset(phys_to_virt(frame), FILL, PAGE_SIZE);
    }
    observe("taken", count);
    observe("not zeroed", dirty);
    uint64_t spoilt = 0;
    for (uint64_t i = 0; i < count; i++) {
        const uint8_t *bytes = phys_to_virt(phys(frames[i]));
        if (frame_is_usable(phys(frames[i])))
            spoilt += bytes[0] != FILL || bytes[PAGE_SIZE - 1] != FILL;
    }
    observe("spoilt by a later frame_alloc()", spoilt);
    observe("free when exhausted", frame_free_count());
    observe("one more", frame_alloc().raw);
    observe("one more", frame_alloc().raw);
}

_Noreturn void kmain(void)
{
    tables_init();
    for (unsigned i = 0; i < memory_region_count; i++) {
        observe("region start", memory_regions[i].start);
        observe("region end", memory_regions[i].end);
    }
    observe("usable", frame_usable_count());
    observe("free at first", frame_free_count());
    take_all(true);

    /* Back, every third one first. */
    unsigned given_back = 0;
    for (unsigned start = 0; start < 3; start++)
        for (uint64_t i = start; i < count; i += 3) {
            frame_free(phys(frames[i]));
            if (given_back++ < COUNTED)
                observe("free while giving back", frame_free_count());
        }
    observe("free after all came back", frame_free_count());
    take_all(true);

    /* One comes back, one can be had, and it is that one. */
    frame_free(phys(frames[count / 2]));
    observe("free after one came back", frame_free_count());
    observe("came back", frames[count / 2]);
    observe("taken again", frame_alloc().raw);
    observed_all();
}
