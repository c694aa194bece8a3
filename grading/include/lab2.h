/*
 * lab2.h - what the test kernels of lab 2 share.
 */
#pragma once

#include <boot.h>
#include <cpu.h>
#include <frame.h>
#include <observe.h>
#include <page_fault.h>
#include <page_table.h>
#include <tables.h>

static inline void lab2_start(void)
{
    tables_init();
    page_fault_init();
}

/* Frames that are set aside, as a list through the frames themselves. */
static phys_t hoard;

static inline void hoard_give_one(void)
{
    phys_t frame = hoard;
    hoard = *(phys_t *)phys_to_virt(frame);
    frame_free(frame);
}

/* Leave just so many frames free: set more aside, or give some back. */
static inline void hoard_all_but(uint64_t left)
{
    while (frame_free_count() < left && hoard.raw != FRAME_NONE.raw)
        hoard_give_one();
    while (frame_free_count() > left) {
        phys_t frame = frame_alloc();
        if (frame.raw == FRAME_NONE.raw)
            return;
        *(phys_t *)phys_to_virt(frame) = hoard;
        hoard = frame;
    }
}

static inline void hoard_release(void)
{
    while (hoard.raw != FRAME_NONE.raw)
        hoard_give_one();
}

#define FREE_FRAMES_MAX 4096 /* 16 MiB */

/* Which frames can be had now: the harness sees whether one comes twice, or is in use. */
static inline void observe_free_frames(void)
{
    static uint64_t frames[FREE_FRAMES_MAX];
    unsigned count = 0;
    uint64_t most = frame_free_count();
    while (count < most && count < FREE_FRAMES_MAX)
        frames[count++] = frame_alloc().raw;
    for (unsigned i = 0; i < count; i++) {
        observe("free frame", frames[i]);
        frame_free(phys(frames[i]));
    }
}
