/*
 * Exercise 2.5: allocate_kernel_stack, free_kernel_stack, allocate_user_stack
 *
 * allocate_kernel_stack
 * Out: 0 and *top is the address above KERNEL_STACK_SIZE newly mapped bytes
 *      in a free slot (see <stacks.h>); −EAGAIN, −ENOMEM
 *
 * free_kernel_stack
 * In:  top   what allocate_kernel_stack() stored
 * Out: the slot is unmapped, its frames are free
 *
 * allocate_user_stack
 * In:  root   a process's page table
 * Out: 0 and *top is USER_STACK_TOP: the USER_STACK_SIZE bytes below it are
 *      mapped for ring 3; −ENOMEM, −EEXIST
 *
 * A stack grows downwards into whatever lies below it. Below each stack there
 * is a page that stays unmapped: an overflow is a page fault there, not a
 * corrupted neighbour. Kernel stacks belong in kernel_page_table (<boot.h>),
 * whose kernel half every process shares. No stack is executable. When memory
 * runs out halfway, what was mapped is unmapped and its frames are freed.
 * Check: make grade ONLY=2.5
 */
#include <boot.h>
#include <errno.h>
#include <exercise.h>
#include <frame.h>
#include <page_table.h>
#include <stacks.h>

/* SOLUTION */
/* Unmap the pages from bottom to top and free their frames. */
static void unmap_stack(phys_t root, uint64_t bottom, uint64_t top)
{
    phys_t frame;
    for (uint64_t page = bottom; page < top; page += PAGE_SIZE)
        if (page_unmap(root, page, &frame) == 0)
            frame_free(frame);
}

/* Map new frames from bottom to top; all or none. */
static int map_stack(phys_t root, uint64_t bottom, uint64_t top, uint64_t flags)
{
    for (uint64_t page = bottom; page < top; page += PAGE_SIZE) {
        phys_t frame = frame_alloc();
        int error = frame.raw == FRAME_NONE.raw ? -ENOMEM : page_map(root, page, frame, flags);
        if (error) {
            if (frame.raw != FRAME_NONE.raw)
                frame_free(frame);
            unmap_stack(root, bottom, page);
            return error;
        }
    }
    return 0;
}

/* All slots below it are taken: the search for a free one may begin here. */
static uint64_t first_slot;
/* END SOLUTION */

int allocate_kernel_stack(uint64_t *top)
{
    /* SOLUTION */
    for (uint64_t slot = first_slot; slot < KERNEL_STACK_SLOTS; slot++) {
        uint64_t bottom = KERNEL_STACK_BASE + slot * KERNEL_STACK_SLOT + PAGE_SIZE;
        pte_t *entry = page_table_walk(kernel_page_table, bottom, 1, false);
        if (entry && *entry & PTE_P)
            continue; /* taken */
        first_slot = slot;
        *top = bottom + KERNEL_STACK_SIZE;
        return map_stack(kernel_page_table, bottom, *top, PTE_W | PTE_NX);
    }
    return -EAGAIN;
    /* END SOLUTION */
}

void free_kernel_stack(uint64_t top)
{
    /* SOLUTION */
    uint64_t slot = (top - KERNEL_STACK_BASE) / KERNEL_STACK_SLOT - 1;
    if (slot < first_slot)
        first_slot = slot;
    unmap_stack(kernel_page_table, top - KERNEL_STACK_SIZE, top);
    /* END SOLUTION */
}

int allocate_user_stack(phys_t root, uint64_t *top)
{
    /* SOLUTION */
    *top = USER_STACK_TOP;
    return map_stack(root, *top - USER_STACK_SIZE, *top, PTE_W | PTE_U | PTE_NX);
    /* END SOLUTION */
}
