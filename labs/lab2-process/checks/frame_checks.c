/*
 * frame_checks.c - exercise 2.1: frames are taken, used and given back.
 */
#include <console.h>
#include <exercise.h>
#include <frame.h>
#include <process_checks.h>
#include <string.h>

void require_frames(const char *id, uint64_t before)
{
    require(frame_free_count() == before, id, "%lu frames are free, before there were %lu",
            frame_free_count(), before);
}

static bool is_zeroed(const uint8_t *bytes)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, PAGE_SIZE - 1) == 0;
}

/* Take three frames and fill them, so that one that comes again unzeroed is seen. */
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
}
