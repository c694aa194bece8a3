/*
 * stacks.c - stacks of both kinds, until memory runs out.
 */
#include <errno.h>
#include <lab2.h>
#include <stacks.h>
#include <string.h>

#define STACKS 5

/* With every number of free frames up to what a stack needs: all or nothing. */
static void try_without_memory(void)
{
    uint64_t top = 0;
    for (uint64_t left = 0; left < KERNEL_STACK_SIZE / PAGE_SIZE; left++) {
        hoard_all_but(left);
        observe("kernel stack with too few frames", (uint64_t)allocate_kernel_stack(&top));
        observe("frames left", left);
        observe("frames free after failure", frame_free_count());
    }
    for (uint64_t left = 0; left < USER_STACK_SIZE / PAGE_SIZE; left += 5) {
        phys_t root = FRAME_NONE;
        hoard_all_but(left + 1);
        (void)create_user_page_table(&root);
        /* Tables made on the way stay in the page table, and go with it. */
        hoard_all_but(left);
        observe("user stack with too few frames", (uint64_t)allocate_user_stack(root, &top));
        unsigned mapped = 0;
        for (uint64_t page = USER_STACK_TOP - USER_STACK_SIZE; page < USER_STACK_TOP; page += PAGE_SIZE) {
            pte_t *entry = page_table_walk(root, page, 1, false);
            mapped += entry && *entry & PTE_P;
        }
        observe("user pages mapped after failure", mapped);
        destroy_user_page_table(root);
    }
    hoard_release();
}

_Noreturn void kmain(void)
{
    lab2_start();
    uint64_t tops[STACKS] = { 0 }, before = frame_free_count(), user_top = 0;
    try_without_memory();
    observe("lost by failures", before - frame_free_count());

    for (unsigned i = 0; i < STACKS; i++) {
        observe("allocate", (uint64_t)allocate_kernel_stack(&tops[i]));
        if (tops[i] > KERNEL_STACK_BASE)
            memset((void *)(tops[i] - KERNEL_STACK_SIZE), 0x11 * (int)(i + 1), KERNEL_STACK_SIZE);
    }
    /* One in the middle goes and comes back. */
    uint64_t full = frame_free_count();
    free_kernel_stack(tops[2]);
    observe("freed by a stack", frame_free_count() - full);
    observe("readable after free", probe_read(tops[2] - 8));
    observe("allocate", (uint64_t)allocate_kernel_stack(&tops[2]));
    for (unsigned i = 0; i < STACKS; i++) {
        observe("kernel stack", tops[i]);
        if (i != 2)
            observe("stack content kept", *(volatile uint8_t *)(tops[i] - 1) == 0x11 * (i + 1)
                    && *(volatile uint8_t *)(tops[i] - KERNEL_STACK_SIZE) == 0x11 * (i + 1));
    }
    phys_t root = FRAME_NONE;
    (void)create_user_page_table(&root);
    observe("allocate user", (uint64_t)allocate_user_stack(root, &user_top));
    observe("user stack", user_top);
    observe("root", root.raw);
    observe("kernel root", kernel_page_table.raw);

    /* In the address space itself: the guard pages fault. */
    write_cr3(root.raw);
    observe("guard readable", probe_read(tops[0] - KERNEL_STACK_SIZE - 1));
    observe("guard readable", probe_read(user_top - USER_STACK_SIZE - 1));
    observe("guard readable", probe_read(USER_STACK_TOP));
    observe("user stack not zero", *(volatile uint64_t *)(USER_STACK_TOP - 64)
            | *(volatile uint64_t *)(USER_STACK_TOP - 8));
    write_cr3(kernel_page_table.raw);
    observed_all();
}
