/*
 * spaces.c - two user page tables at once, one in CR3, and their end.
 */
#include <errno.h>
#include <lab2.h>
#include <string.h>

#define LATE 0x4242

static void map_some(phys_t root, uint64_t first, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        phys_t frame = frame_alloc();
        memset(phys_to_virt(frame), 0x77, PAGE_SIZE);
        observe("own frame", frame.raw);
        (void)page_map(root, first + (uint64_t)i * 0x40201000, frame, PTE_U | PTE_W | PTE_NX);
    }
}

/* A page below every fifth entry of the user half, and below entry 1: 0, 1, 5, …, 100, …, 255.
 * On the levels below, too, the entries are now here, now there. */
static void map_all_over(phys_t root)
{
    for (uint64_t i = 0; i < PTE_COUNT / 2; i += i == 0 ? 1 : i == 1 ? 4 : 5) {
        phys_t frame = frame_alloc();
        uint64_t address = i << 39 | (i * 2 + 1) << 30 | (PTE_COUNT - 1 - i) << 21
            | (i + 100) << 12;
        observe("far page",
                (uint64_t)page_map(root, address, frame, i % 2 ? PTE_U | PTE_NX : PTE_NX));
    }
}

/* The kernel half has two entries only, and both come early. Further ones, that lead to the
 * same tables, show whether all 256 are copied; they stay, for the harness to compare. */
static void fill_kernel_half(void)
{
    pte_t *kernel = phys_to_virt(kernel_page_table);
    kernel[PTE_COUNT * 3 / 4] = kernel[PTE_COUNT - 1] = kernel[PTE_COUNT / 2];
}

_Noreturn void kmain(void)
{
    lab2_start();
    fill_kernel_half();
    phys_t a = FRAME_NONE, b = FRAME_NONE, c = FRAME_NONE;
    uint64_t before = frame_free_count();
    observe("kernel root", kernel_page_table.raw);
    /* What the kernel's own user half holds is nobody else's. */
    pte_t *kernel = phys_to_virt(kernel_page_table), *user;
    kernel[PTE_COUNT / 4] = kernel[PTE_COUNT / 2];
    observe("create", (uint64_t)create_user_page_table(&a));
    kernel[PTE_COUNT / 4] = 0;
    user = phys_to_virt(a);
    uint64_t copied = 0;
    for (unsigned i = 0; i < PTE_COUNT / 2; i++) {
        copied += user[i] != 0;
        user[i] = 0;
    }
    observe("entries in a new user half", copied);
    observe("create", (uint64_t)create_user_page_table(&b));
    observe("a", a.raw);
    observe("b", b.raw);
    map_some(a, USER_PROGRAM_BASE, 6);
    map_some(b, USER_PROGRAM_BASE, 3);
    write_cr3(a.raw);
    observe("cr3", read_cr3());
    write_cr3(kernel_page_table.raw);

    /* A third one lives and dies beside them; then another round of all. */
    for (int round = 0; round < 2; round++) {
        uint64_t now = frame_free_count();
        observe("create", (uint64_t)create_user_page_table(&c));
        map_some(c, 0x1000, 5);
        map_all_over(c);
        destroy_user_page_table(c);
        observe("lost by create and destroy", now - frame_free_count());
    }
    observe_free_frames();
    hoard_all_but(0);
    observe("create without memory", (uint64_t)create_user_page_table(&c));
    hoard_release();
    observe("frames before", before);
    observe("frames in two spaces", before - frame_free_count());

    /* The kernel half still works after a process's end. */
    phys_t frame = frame_alloc();
    uint64_t address = KERNEL_STACK_BASE + KERNEL_STACK_AREA - PAGE_SIZE;
    observe("late map", (uint64_t)page_map(kernel_page_table, address, frame, PTE_W | PTE_NX));
    write_cr3(b.raw);
    *(volatile uint64_t *)phys_to_virt(frame) = LATE;
    observe("late value", LATE);
    observe("late mapping seen in b", *(volatile uint64_t *)address);
    write_cr3(kernel_page_table.raw);
    observed_all();
}
