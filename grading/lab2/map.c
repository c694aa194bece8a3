/*
 * map.c - page_map() and page_unmap(): what they do and what they refuse.
 */
#include <errno.h>
#include <lab2.h>
#include <string.h>

static const struct {
    uint64_t address, flags;
} pages[] = {
    { 0x1000, PTE_U | PTE_NX },
    { USER_PROGRAM_BASE, PTE_U },
    { 0x00000000401FF000, PTE_U | PTE_W | PTE_NX }, /* to be unmapped; the next is its neighbour */
    { 0x00000000401FE000, PTE_U | PTE_NX },
    { 0x00007FFFFFFFE000, PTE_U | PTE_W | PTE_NX },
    { 0x00007FFFFFFFF000, PTE_U | PTE_NX },
    { KERNEL_STACK_BASE + KERNEL_STACK_AREA - PAGE_SIZE, PTE_W | PTE_NX },
};
#define FIRST  0x1111
#define SECOND 0x2222
#define PAGES  (sizeof pages / sizeof *pages)

static const struct {
    uint64_t address, frame;
} refused[] = {
    { 0x500001, 0x100000 },           { 0x500800, 0x100000 },
    { 0x500000, 0x100010 },           { 0x0000800000000000, 0x100000 },
    { 0xFFFF7FFFFFFFF000, 0x100000 }, { 0x8000000000000000, 0x100000 },
};

/* Without their upper bits three of these are addresses of pages that are mapped. */
static const uint64_t refused_unmaps[] = {
    0x1001, 0x0000800000000000, 0xFFFF7FFFFFFFF000, 0x8000000000001000, 0x0100000000001000,
};

static void try_pages(phys_t root)
{
    for (unsigned i = 0; i < PAGES; i++) {
        phys_t frame = frame_alloc();
        observe("map page", pages[i].address);
        observe("map flags", pages[i].flags);
        observe("map frame", frame.raw);
        observe("map result", (uint64_t)page_map(root, pages[i].address, frame, pages[i].flags));
        /* Another frame, and other rights: what is mapped must stay. */
        observe("map again", (uint64_t)page_map(root, pages[i].address, phys(0x100000), PTE_W));
    }
}

static void try_refused(phys_t root)
{
    uint64_t before = frame_free_count();
    phys_t frame = FRAME_NONE;
    for (unsigned i = 0; i < sizeof refused / sizeof *refused; i++) {
        observe("refused address", refused[i].address);
        observe("refused map",
                (uint64_t)page_map(root, refused[i].address, phys(refused[i].frame), PTE_U));
    }
    for (unsigned i = 0; i < sizeof refused_unmaps / sizeof *refused_unmaps; i++) {
        observe("refused unmap of", refused_unmaps[i]);
        observe("refused unmap", (uint64_t)page_unmap(root, refused_unmaps[i], &frame));
    }
    observe("unmap of nothing", (uint64_t)page_unmap(root, 0x2000, &frame));
    observe("unmap of nothing", (uint64_t)page_unmap(root, 0x600000000000, &frame));
    observe("frames used by refusals", before - frame_free_count());

    phys_t empty = frame_alloc(), page = frame_alloc();
    for (uint64_t left = 0; left < 3; left++) {
        hoard_all_but(left);
        observe("map without memory",
                (uint64_t)page_map(empty, USER_PROGRAM_BASE + (left << 39), page, PTE_U));
    }
    hoard_release();
}

/* A page of 2 MiB that the boot code has mapped, and one of 1 GiB. */
static void try_large(void)
{
    phys_t root = frame_alloc(), frame = frame_alloc();
    pte_t *entry = page_table_walk(root, USER_PROGRAM_BASE, 3, true);
    if (entry)
        *entry = PTE_P | PTE_PS;
    phys_t large_root = frame_alloc();
    pte_t *large = page_table_walk(large_root, USER_PROGRAM_BASE, 2, true);
    if (large)
        *large = PTE_P | PTE_PS;
    uint64_t before = frame_free_count();
    observe("large map", (uint64_t)page_map(kernel_page_table, PHYSICAL_MAP_BASE, frame, PTE_NX));
    observe("huge map", (uint64_t)page_map(root, USER_PROGRAM_BASE, frame, PTE_U));
    observe("large unmap", (uint64_t)page_unmap(large_root, USER_PROGRAM_BASE, &frame));
    observe("large page intact", large && *large == (PTE_P | PTE_PS));
    observe("huge unmap", (uint64_t)page_unmap(root, USER_PROGRAM_BASE, &frame));
    observe("huge page intact", entry && *entry == (PTE_P | PTE_PS));
    observe("frames used at large pages", before - frame_free_count());
}

/* Through the processor: what is mapped can be used, what is unmapped cannot, at once. */
static void try_use(uint64_t address)
{
    phys_t first = frame_alloc(), second = frame_alloc(), gone = FRAME_NONE;
    *(volatile uint64_t *)phys_to_virt(first) = FIRST;
    *(volatile uint64_t *)phys_to_virt(second) = SECOND;
    observe("first written", FIRST);
    observe("second written", SECOND);
    observe("use map", (uint64_t)page_map(kernel_page_table, address, first, PTE_W | PTE_NX));
    observe("first value", *(volatile uint64_t *)address);
    observe("use unmap", (uint64_t)page_unmap(kernel_page_table, address, &gone));
    observe("unmapped the right frame", gone.raw == first.raw);
    observe("readable after unmap", probe_read(address));
    observe("use map", (uint64_t)page_map(kernel_page_table, address, second, PTE_W | PTE_NX));
    observe("second value", *(volatile uint64_t *)address);
    observe("use unmap", (uint64_t)page_unmap(kernel_page_table, address, &gone));
}

_Noreturn void kmain(void)
{
    lab2_start();
    phys_t root = frame_alloc();
    memcpy((pte_t *)phys_to_virt(root) + 256, (pte_t *)phys_to_virt(kernel_page_table) + 256,
           PAGE_SIZE / 2);
    observe("root", root.raw);
    try_pages(root);
    try_refused(root);
    try_large();
    try_use(KERNEL_STACK_BASE + KERNEL_STACK_AREA - 3 * PAGE_SIZE);
    try_use(USER_PROGRAM_BASE); /* of the user half of the kernel's own page table */

    /* One page of the table goes, the others stay: the harness walks what is left. */
    phys_t frame = FRAME_NONE;
    observe("unmap result", (uint64_t)page_unmap(root, pages[2].address, &frame));
    observe("unmapped", pages[2].address);
    observe("unmapped frame", frame.raw);
    observed_all();
}
