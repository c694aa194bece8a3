/*
 * stack_checks.c - exercise 2.5: stacks with a page below each that stays unmapped.
 */
#include <boot.h>
#include <console.h>
#include <cpu.h>
#include <errno.h>
#include <exercise.h>
#include <frame.h>
#include <page_fault.h>
#include <page_table.h>
#include <process_checks.h>
#include <stacks.h>

#define MANY 20

/* Read each page of a stack, and the guard page below it. */
static void try_stack(uint64_t top, uint64_t size)
{
    for (uint64_t page = top - size; page < top; page += PAGE_SIZE)
        require(probe_read(page), "2.5", "%#lx, a page of the stack below %#lx, cannot be read",
                page, top);
    require(!probe_read(top - size - 1), "2.5", "the guard page below the stack at %#lx is mapped",
            top - size);
}

static bool is_mapped(phys_t root, uint64_t page)
{
    const pte_t *entry = page_table_walk(root, page, 1, false);
    return entry && *entry & PTE_P;
}

/* All pages have these rights, and none is mapped below them. */
static void require_pages(phys_t root, uint64_t top, uint64_t size, pte_t rights)
{
    for (uint64_t page = top - size; page < top; page += PAGE_SIZE) {
        const pte_t *entry = page_table_walk(root, page, 1, false);
        pte_t is = entry ? written(*entry) & ~(pte_t)PTE_ADDRESS : 0;
        require(is == (rights | PTE_P), "2.5",
                "the page %#lx of the stack below %#lx is %s, for ring %s, %s; expected writable, "
                "for ring %s, no execution",
                page, top,
                !(is & PTE_P)    ? "not mapped"
                    : is & PTE_W ? "writable"
                                 : "read-only",
                is & PTE_U ? "3 and 0" : "0 only", is & PTE_NX ? "no execution" : "executable",
                rights & PTE_U ? "3 and 0" : "0 only");
    }
    require(!is_mapped(root, top - size - 1), "2.5",
            "the guard page below the stack at %#lx is mapped", top - size);
}

/* Kernel stacks lie in slots: a page that stays unmapped, then the stack. */
static void require_slot(uint64_t top)
{
    uint64_t bottom = top - KERNEL_STACK_SIZE;
    uint64_t slot = (bottom - KERNEL_STACK_BASE) / KERNEL_STACK_SLOT;
    uint64_t expected = KERNEL_STACK_BASE + slot * KERNEL_STACK_SLOT + PAGE_SIZE;
    require(slot < KERNEL_STACK_SLOTS, "2.5",
            "the kernel stack below %#lx lies in none of the slots, which begin at %#lx", top,
            KERNEL_STACK_BASE);
    require(bottom == expected, "2.5",
            "kernel stack %lu begins at %#lx, expected %#lx: "
            "the first page of its slot must stay unmapped",
            slot, bottom, expected);
}

/* Several at a time; one in the middle is freed, and the others stay. */
static void try_many(void)
{
    uint64_t tops[MANY];
    for (unsigned i = 0; i < MANY; i++) {
        int error = allocate_kernel_stack(&tops[i]);
        require_error(error, 0, "2.5", "allocate_kernel_stack() with %u stacks in use", i);
        require_slot(tops[i]);
        require_pages(kernel_page_table, tops[i], KERNEL_STACK_SIZE, PTE_W | PTE_NX);
    }
    free_kernel_stack(tops[MANY / 2]);
    for (unsigned i = 0; i < MANY; i++)
        for (uint64_t page = tops[i] - KERNEL_STACK_SIZE; page < tops[i]; page += PAGE_SIZE)
            require(is_mapped(kernel_page_table, page) == (i != MANY / 2), "2.5",
                    "after free_kernel_stack(%#lx) the page %#lx of the stack below %#lx is %s",
                    tops[MANY / 2], page, tops[i],
                    i == MANY / 2 ? "still mapped" : "unmapped, too");
    for (unsigned i = 0; i < MANY; i++)
        if (i != MANY / 2)
            free_kernel_stack(tops[i]);
}

/* Write a value into each entry that is 0, or take it out again. */
static void mark_slots(pte_t from, pte_t to)
{
    for (uint64_t slot = 0; slot < KERNEL_STACK_SLOTS; slot++)
        for (uint64_t page = 1; page < KERNEL_STACK_SLOT / PAGE_SIZE; page++) {
            pte_t *entry = page_table_walk(
                kernel_page_table, KERNEL_STACK_BASE + slot * KERNEL_STACK_SLOT + page * PAGE_SIZE,
                1, true);
            if (entry && written(*entry) == from)
                *entry = to;
        }
}

/* Without page_map(): nothing reads these pages, so the TLB need not be told. */
void with_all_slots_taken(void (*try)(void))
{
    phys_t frame = frame_alloc();
    mark_slots(0, frame.raw | PTE_P | PTE_NX);
    try();
    mark_slots(frame.raw | PTE_P | PTE_NX, 0);
    frame_free(frame);
}

static void try_no_slot(void)
{
    uint64_t top;
    int error = allocate_kernel_stack(&top);
    require_error(error, -EAGAIN, "2.5", "allocate_kernel_stack() with all slots taken");
}

/* When a page of the user stack is already in use. */
static void try_page_in_the_way(phys_t root)
{
    uint64_t top, page = USER_STACK_TOP - 3 * PAGE_SIZE;
    phys_t frame = frame_alloc();
    page_map(root, page, frame, PTE_U | PTE_NX);
    int error = allocate_user_stack(root, &top);
    require_error(error, -EEXIST, "2.5", "allocate_user_stack() where %#lx is mapped", page);
    for (uint64_t at = USER_STACK_TOP - USER_STACK_SIZE; at < USER_STACK_TOP; at += PAGE_SIZE)
        require(is_mapped(root, at) == (at == page), "2.5",
                "after allocate_user_stack() has failed the page %#lx is %s, as it was not before",
                at, at == page ? "unmapped" : "mapped");
}

static void try_kernel_stacks(void)
{
    uint64_t before = frame_free_count(), top = 0;
    int error = allocate_kernel_stack(&top);
    require(error == 0, "2.5", "allocate_kernel_stack() gives %s", error_name(error));
    printf("    kernel stack: 16 KiB below %#lx\n", top);
    require_slot(top);
    try_stack(top, KERNEL_STACK_SIZE);
    try_many();
    with_all_slots_taken(try_no_slot);
    free_kernel_stack(top);
    require_frames("2.5", before);
}

static void try_user_stack(void)
{
    uint64_t before = frame_free_count(), top = 0;
    phys_t root;
    require(create_user_page_table(&root) == 0, "2.5", "no page table for the user stack");
    int error = allocate_user_stack(root, &top);
    require(error == 0, "2.5", "allocate_user_stack() gives %s", error_name(error));
    printf("    user stack: 64 KiB below %#lx\n", top);
    require(top == USER_STACK_TOP, "2.5", "the user stack's top is %#lx, expected %#lx", top,
            USER_STACK_TOP);
    require_pages(root, top, USER_STACK_SIZE, PTE_W | PTE_U | PTE_NX);
    write_cr3(root.raw);
    try_stack(top, USER_STACK_SIZE);
    write_cr3(kernel_page_table.raw);
    destroy_user_page_table(root);

    require(create_user_page_table(&root) == 0, "2.5", "no page table for the user stack");
    try_page_in_the_way(root);
    destroy_user_page_table(root);
    require_frames("2.5", before);
}

void try_stacks(void)
{
    try_kernel_stacks();
    try_user_stack();
}
