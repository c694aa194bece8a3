/*
 * process_checks.h - what lab 2's kernel tries after each exercise. Each try
 * prints the result, and stops where it is wrong.
 */
#pragma once

#include <page_table.h>
#include <stdint.h>

/* The rest is left alone: what the tries do with all memory must be quick on an emulator. */
#define TRIED_MEMORY_END (12 << 20)

void tried_memory(void);   /* leave the rest out of memory_regions[], before 2.1 */
void try_frames(void);     /* 2.1, in checks/frame_checks.c */
void try_walk(void);       /* 2.2, in checks/walk_checks.c */
void try_map(void);        /* 2.3, in checks/page_checks.c */
void try_page_table(void); /* 2.4 */
void try_stacks(void);     /* 2.5, in checks/stack_checks.c */
void try_processes(void);  /* 2.6, in checks/process_checks.c */

/* 2.2 to 2.6 once more, with no frame left. In checks/shortage_checks.c. */
void try_without_memory(void);

/* Call `try` while each slot of the kernel stacks has a page mapped. */
void with_all_slots_taken(void (*try)(void));

/* Take that many frames, or all that there are; returns how many. Stops at the exercise
 * `id` when one comes twice, or is not a usable frame. */
uint64_t take_frames(const char *id, uint64_t most);

/* Give back that many of those that were taken, from the lowest or the highest address on.
 * Stops when something was written to one of them. */
void give_frames(const char *id, uint64_t count, bool lowest_first);

/* Stop at the exercise `id` unless exactly as many frames are free as before, and none of
 * them comes twice. */
void require_frames(const char *id, uint64_t before);

/* The entry without the bits that the processor sets. */
static inline pte_t written(pte_t entry)
{
    return entry & ~(pte_t)(PTE_A | PTE_D);
}

/* An entry in words: "0x100000, writable, ring 0 only, no execution". */
#define ENTRY_SIZE 80
const char *describe_entry(char text[ENTRY_SIZE], pte_t entry);

/* Stop at the exercise `id` unless the error is the one that was expected. */
#define require_error(is, expected, id, call, ...)                                                \
    require((is) == (expected), id, call " gives %s, expected %s", ##__VA_ARGS__, error_name(is), \
            error_name(expected))
