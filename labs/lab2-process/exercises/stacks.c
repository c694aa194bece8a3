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

int allocate_kernel_stack(uint64_t *top)
{
    todo("2.5");
}

void free_kernel_stack(uint64_t top)
{
    todo("2.5");
}

int allocate_user_stack(phys_t root, uint64_t *top)
{
    todo("2.5");
}
