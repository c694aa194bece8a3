/*
 * stacks.c - stacks of both kinds, until memory runs out.
 */
#include <errno.h>
#include <lab2.h>
#include <stacks.h>
#include <string.h>

#define STACKS            5
#define MANY              100
#define USER_STACK_BOTTOM (USER_STACK_TOP - USER_STACK_SIZE)

static unsigned user_pages_mapped(phys_t root)
{
    unsigned mapped = 0;
    for (uint64_t page = USER_STACK_BOTTOM; page < USER_STACK_TOP; page += PAGE_SIZE) {
        pte_t *entry = page_table_walk(root, page, 1, false);
        mapped += entry && *entry & PTE_P;
    }
    return mapped;
}

/* With every number of free frames up to what a stack needs: all or nothing. */
static void try_kernel_stack_without_memory(void)
{
    uint64_t top = 0;
    for (uint64_t left = 0; left < KERNEL_STACK_SIZE / PAGE_SIZE; left++) {
        hoard_all_but(left);
        observe("kernel stack with too few frames", (uint64_t)allocate_kernel_stack(&top));
        observe("frames left", left);
        observe("frames free after failure", frame_free_count());
    }
    hoard_release();
}

/* The 16 pages need three tables. Those made before a failure stay in the page
 * table and go with it: so the frames are counted when it is destroyed. */
static void try_user_stack_without_memory(void)
{
    uint64_t top = 0;
    for (uint64_t left = 0; left <= USER_STACK_SIZE / PAGE_SIZE + 4; left++) {
        phys_t root = FRAME_NONE;
        hoard_all_but(left + 1);
        uint64_t before = frame_free_count();
        (void)create_user_page_table(&root);
        observe("frames for a user stack", left);
        observe("result", (uint64_t)allocate_user_stack(root, &top));
        observe("mapped", user_pages_mapped(root));
        destroy_user_page_table(root);
        observe("lost", before - frame_free_count());
    }
    hoard_release();
}

/* A page that somebody else has mapped where the stack is to be: it must stay mapped. */
static void try_foreign_page(uint64_t page)
{
    uint64_t before = frame_free_count(), top = 0;
    phys_t root = FRAME_NONE, frame = frame_alloc();
    (void)create_user_page_table(&root);
    (void)page_map(root, page, frame, PTE_U | PTE_NX);
    observe("foreign page", page);
    observe("foreign frame", frame.raw);
    observe("result", (uint64_t)allocate_user_stack(root, &top));
    pte_t *entry = page_table_walk(root, page, 1, false);
    observe("entry", entry ? *entry : 0);
    observe("mapped", user_pages_mapped(root));
    destroy_user_page_table(root);
    observe("lost", before - frame_free_count());
}

/* Map the frame at a page that is free, or unmap it again. Whether the page is mapped then. */
static bool fill_page(uint64_t page, phys_t filler, bool fill)
{
    pte_t *entry = page_table_walk(kernel_page_table, page, 1, fill);
    if (entry && fill && !(*entry & PTE_P))
        *entry = filler.raw | PTE_P | PTE_W | PTE_NX;
    else if (entry && !fill && (*entry & PTE_ADDRESS) == filler.raw)
        *entry = 0;
    return entry && *entry & PTE_P;
}

/* One frame for all pages of every slot: real stacks would take 200 MiB. And for the guard
 * pages of the image: who looks behind the last slot shall find room behind the image. */
static uint64_t fill_slots(phys_t filler, bool fill)
{
    uint64_t filled = 0;
    for (uint64_t slot = 0; slot < KERNEL_STACK_SLOTS; slot++) {
        uint64_t bottom = KERNEL_STACK_BASE + slot * KERNEL_STACK_SLOT + PAGE_SIZE;
        filled += fill_page(bottom, filler, fill);
        for (uint64_t page = bottom + PAGE_SIZE; page < bottom + KERNEL_STACK_SIZE;
             page += PAGE_SIZE)
            (void)fill_page(page, filler, fill);
    }
    for (uint64_t page = KERNEL_BASE; page < (uint64_t)kernel_end; page += PAGE_SIZE)
        (void)fill_page(page, filler, fill);
    write_cr3(kernel_page_table.raw);
    return filled;
}

/* Many at once: how many stacks there can be is a matter of the area, not of a table's size. */
static void try_many(void)
{
    static uint64_t tops[MANY];
    unsigned count = 0;
    while (count < MANY && allocate_kernel_stack(&tops[count]) == 0)
        count++;
    observe("stacks wanted", MANY);
    observe("stacks at once", count);
    while (count > 0)
        free_kernel_stack(tops[--count]);
}

static void try_without_a_slot(void)
{
    uint64_t top = 0;
    phys_t filler = frame_alloc();
    observe("slots filled", fill_slots(filler, true));
    uint64_t before = frame_free_count();
    observe("allocate without a slot", (uint64_t)allocate_kernel_stack(&top));
    observe("lost without a slot", before - frame_free_count());
    (void)fill_slots(filler, false);
}

_Noreturn void kmain(void)
{
    lab2_start();
    uint64_t tops[STACKS] = { 0 }, before = frame_free_count(), user_top = 0;
    try_kernel_stack_without_memory();
    observe("lost by failures", before - frame_free_count());
    try_user_stack_without_memory();
    try_foreign_page(USER_STACK_BOTTOM);
    try_foreign_page(USER_STACK_BOTTOM + 5 * PAGE_SIZE);
    try_foreign_page(USER_STACK_TOP - PAGE_SIZE);

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
            observe("stack content kept",
                    *(volatile uint8_t *)(tops[i] - 1) == 0x11 * (i + 1)
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
    /* Not the first stack's: below the area lie addresses that are not canonical. */
    observe("kernel guard readable", probe_read(tops[1] - KERNEL_STACK_SIZE - 1));
    observe("page below readable", probe_read(user_top - USER_STACK_SIZE - 1));
    observe("page above readable", probe_read(USER_STACK_TOP));
    bool whole = probe_read(USER_STACK_TOP - 64) && probe_read(USER_STACK_TOP - 8);
    observe("user stack not zero",
            !whole || *(volatile uint64_t *)(USER_STACK_TOP - 64)
                || *(volatile uint64_t *)(USER_STACK_TOP - 8));
    write_cr3(kernel_page_table.raw);
    observe_free_frames();
    try_many();
    try_without_a_slot();
    observed_all();
}
