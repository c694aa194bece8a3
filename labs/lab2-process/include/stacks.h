/*
 * stacks.h - the two stacks of a process.
 *
 * Kernel stacks lie side by side from KERNEL_STACK_BASE on: each slot is a
 * guard page that is never mapped and, above it, KERNEL_STACK_SIZE bytes. A
 * stack is named by its top, the address just above its last byte.
 */
#pragma once

#include <types.h>

#define KERNEL_STACK_SLOT  (PAGE_SIZE + KERNEL_STACK_SIZE)
#define KERNEL_STACK_SLOTS (KERNEL_STACK_AREA / KERNEL_STACK_SLOT) /* 13,107 */

/* Exercise 2.5. Map a new kernel stack, writable, not executable, for
 * ring 0 only. 0 and *top is 16-byte aligned; −EAGAIN: all slots are taken;
 * −ENOMEM: no frame left. When it fails, nothing is mapped and no frame lost. */
int allocate_kernel_stack(uint64_t *top);

/* Exercise 2.5. Unmap a kernel stack and free its frames. */
void free_kernel_stack(uint64_t top);

/* Exercise 2.5. Map USER_STACK_SIZE bytes of stack, zeroed, writable, not
 * executable, for ring 3, ending at USER_STACK_TOP in the address space `root`;
 * the page below stays unmapped. 0 and *top is USER_STACK_TOP; −ENOMEM; −EEXIST
 * when something is mapped there. When it fails, none of its pages stays mapped,
 * and what was mapped there before stays. destroy_user_page_table() frees the stack. */
int allocate_user_stack(phys_t root, uint64_t *top);
