/*
 * frame_checks.c - exercise 2.1: frames are taken, used and given back.
 */
#include <boot.h>
#include <console.h>
#include <exercise.h>
#include <frame.h>
#include <process_checks.h>
#include <string.h>

#define SOME 8

/* The first and last word of each frame that take_frames() has taken hold its address. */
static bool is_taken[TRIED_MEMORY_END / PAGE_SIZE];

void tried_memory(void)
{
    for (unsigned i = 0; i < memory_region_count; i++)
        if (memory_regions[i].end > TRIED_MEMORY_END)
            memory_regions[i].end = TRIED_MEMORY_END;
    while (memory_regions[memory_region_count - 1].start >= TRIED_MEMORY_END)
        memory_region_count--;
}

static uint64_t *first_word(phys_t frame)
{
    return phys_to_virt(frame);
}

static uint64_t *last_word(phys_t frame)
{
    return first_word(frame) + PAGE_SIZE / sizeof(uint64_t) - 1;
}

uint64_t take_frames(const char *id, uint64_t most)
{
    uint64_t count = 0;
    for (; count < most; count++) {
        phys_t frame = frame_alloc();
        if (frame.raw == FRAME_NONE.raw)
            break;
        require(frame_is_usable(frame), id, "%#lx is no usable frame", frame.raw);
        require(!is_taken[frame.raw / PAGE_SIZE], id, "the frame %#lx was handed out twice",
                frame.raw);
        is_taken[frame.raw / PAGE_SIZE] = true;
        *first_word(frame) = *last_word(frame) = frame.raw;
    }
    return count;
}

void give_frames(const char *id, uint64_t count, bool lowest_first)
{
    const uint64_t last = TRIED_MEMORY_END / PAGE_SIZE - 1;
    for (uint64_t i = 0; i <= last && count > 0; i++) {
        uint64_t number = lowest_first ? i : last - i;
        phys_t frame = phys(number * PAGE_SIZE);
        if (!is_taken[number])
            continue;
        require(*first_word(frame) == frame.raw && *last_word(frame) == frame.raw, id,
                "the frame %#lx is in use, and was written to when another one was taken",
                frame.raw);
        is_taken[number] = false;
        frame_free(frame);
        count--;
    }
}

void require_frames(const char *id, uint64_t before)
{
    require(frame_free_count() == before, id, "%lu frames are free, before there were %lu",
            frame_free_count(), before);
    uint64_t taken = take_frames(id, SOME);
    give_frames(id, taken, false);
}

static bool is_zeroed(const uint8_t *bytes)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, PAGE_SIZE - 1) == 0;
}

/* Take three frames and fill them, so that one that comes back unzeroed is noticed. */
static void take_three(phys_t frames[3], bool again)
{
    for (int i = 0; i < 3; i++) {
        frames[i] = frame_alloc();
        require(frame_is_usable(frames[i]), "2.1", "%#lx is no usable frame", frames[i].raw);
        require(is_zeroed(phys_to_virt(frames[i])), "2.1", "the frame %#lx %s", frames[i].raw,
                again ? "was used and given back, and comes again not filled with zeroes"
                      : "is not filled with zeroes");
        memset(phys_to_virt(frames[i]), 0xFF, PAGE_SIZE);
    }
    require(frames[0].raw != frames[1].raw && frames[1].raw != frames[2].raw
                && frames[0].raw != frames[2].raw,
            "2.1", "%s was handed out twice",
            again ? "after three frames were given back one" : "a frame");
}

/* Twice, so that each frame has been used before; and both upwards and downwards. */
static void take_all(uint64_t before)
{
    for (int round = 0; round < 2; round++) {
        uint64_t taken = take_frames("2.1", UINT64_MAX);
        require(taken == before, "2.1", "%lu frames were free, and frame_alloc() gave %lu%s",
                before, taken, round > 0 ? " when all had been given back once" : "");
        require(frame_free_count() == 0, "2.1", "no frame is left, and frame_free_count() says %lu",
                frame_free_count());
        give_frames("2.1", taken, round == 0);
        require(frame_free_count() == before, "2.1",
                "all frames were given back, so %lu should be free; frame_free_count() says %lu",
                before, frame_free_count());
    }
}

void try_frames(void)
{
    uint64_t before = frame_free_count();
    printf("    %lu frames usable, %lu free\n", frame_usable_count(), before);
    require(before == frame_usable_count(), "2.1",
            "nothing was handed out, yet only %lu of %lu frames are free", before,
            frame_usable_count());

    phys_t frames[3];
    for (int round = 0; round < 2; round++) {
        take_three(frames, round > 0);
        require(frame_free_count() == before - 3, "2.1",
                "three frames are taken, so %lu should be free; frame_free_count() says %lu",
                before - 3, frame_free_count());
        for (int i = 0; i < 3; i++)
            frame_free(frames[i]);
        require(frame_free_count() == before, "2.1",
                "all frames were given back, so %lu should be free; frame_free_count() says %lu",
                before, frame_free_count());
    }
    printf("    three taken and given back: %lu free\n", frame_free_count());
    take_all(before);
}
