/*
 * walk_checks.c - exercise 2.2: the way to an entry, and the tables that are made on it.
 */
#include <boot.h>
#include <console.h>
#include <exercise.h>
#include <frame.h>
#include <page_table.h>
#include <process_checks.h>

/* A different index on each level, in each half. */
#define USER_ADDRESS   (1UL << 39 | 2UL << 30 | 3UL << 21 | 5UL << 12)
#define LAST_ADDRESS   ((USER_HALF_END - (1UL << 39)) | 2UL << 30 | 3UL << 21 | 5UL << 12)
#define KERNEL_ADDRESS (KERNEL_HALF_START | USER_ADDRESS)

static void require_index(const pte_t *entry, uint64_t address, int level)
{
    unsigned index = (uint64_t)entry % PAGE_SIZE / sizeof *entry;
    require(index == page_table_index(address, level), "2.2",
            "page_table_walk(…, %#lx, %d, …) gives the entry %u of a table, expected entry %u",
            address, level, index, page_table_index(address, level));
}

/* A walk that finds tables, or a large page, on its way. */
static void try_kernel_walk(uint64_t address)
{
    page_table_print_walk(kernel_page_table, address);
    for (int level = 4; level >= 1; level--) {
        pte_t *entry = page_table_walk(kernel_page_table, address, level, false);
        require(entry != NULL, "2.2", "kmain()'s page is mapped, yet the walk gives NULL");
        require_index(entry, address, level);
    }
    pte_t *entry = page_table_walk(kernel_page_table, address, 1, false);
    uint64_t expected = align_down(address, PAGE_SIZE) - KERNEL_BASE + KERNEL_LOAD_ADDRESS;
    require(pte_frame(*entry).raw == expected, "2.2", "the walk ends at frame %#lx, expected %#lx",
            pte_frame(*entry).raw, expected);
    require(!page_table_walk(kernel_page_table, USER_PROGRAM_BASE, 1, false), "2.2",
            "nothing is mapped at %#x, yet the walk gives an entry", USER_PROGRAM_BASE);
    require(!page_table_walk(kernel_page_table, PHYSICAL_MAP_BASE, 1, false), "2.2",
            "a large page maps %#lx, yet the walk goes on below it", PHYSICAL_MAP_BASE);
    require(page_table_walk(kernel_page_table, PHYSICAL_MAP_BASE, 2, false), "2.2",
            "a large page maps %#lx, yet the walk to its own entry gives NULL", PHYSICAL_MAP_BASE);
}

/* An entry with bits that the walk itself does not set. */
static void try_entry(phys_t root, uint64_t address, pte_t bits, bool passes, const char *what)
{
    pte_t *entry = page_table_walk(root, address, 3, false), before = *entry;
    pte_t *expected = passes ? page_table_walk(root, address, 1, false) : NULL;
    *entry = (before & PTE_ADDRESS) | bits;
    for (int create = 0; create < 2; create++) {
        pte_t *found = page_table_walk(root, address, 1, create);
        require(found == expected, "2.2",
                "with %s at level 3 page_table_walk(…, 1, …) gives %p, expected %p", what,
                (void *)found, (void *)expected);
        require(written(*entry) == ((before & PTE_ADDRESS) | bits), "2.2",
                "page_table_walk(…, %s) has changed an entry that was there: it was %#lx, it is "
                "%#lx",
                create ? "true" : "false", (before & PTE_ADDRESS) | bits, *entry);
    }
    *entry = before;
}

/* Tables are made, each with the right bits, and only on request. */
static void try_made_walk(phys_t root, phys_t other, uint64_t address)
{
    const pte_t bits = PTE_P | PTE_W | (address < USER_HALF_END ? PTE_U : 0);
    uint64_t before = frame_free_count();
    require(!page_table_walk(root, address, 1, false) && frame_free_count() == before, "2.2",
            "page_table_walk(…, 1, false) makes a table, though it was not asked to");
    for (int level = 3; level >= 1; level--) {
        pte_t *entry = page_table_walk(root, address, level, true);
        require(entry != NULL, "2.2", "page_table_walk(…, %#lx, %d, true) gives NULL", address,
                level);
        require_index(entry, address, level);
        require(*entry == 0, "2.2", "the entry at level %d, which nobody has written, is %#lx",
                level, *entry);
        pte_t above = *page_table_walk(root, address, level + 1, false);
        require((above & ~(pte_t)PTE_ADDRESS) == bits, "2.2",
                "the new table at level %d is entered as %s, %s, expected %s, %s (%#lx)", level,
                above & PTE_W ? "writable" : "read-only",
                above & PTE_U ? "for rings 3 and 0" : "for ring 0", "writable",
                bits & PTE_U ? "for rings 3 and 0" : "for ring 0", above);
    }
    require(frame_free_count() == before - 3, "2.2", "three tables were made, of %lu frames",
            before - frame_free_count());
    require(!page_table_walk(other, address, 1, false), "2.2",
            "nothing is in the other page table, yet the walk gives an entry");
    try_entry(root, address, PTE_P | PTE_W, true, "no U bit");
    try_entry(root, address, PTE_P | PTE_U | PTE_NX, true, "NX set");
    try_entry(root, address, PTE_P | PTE_W | PTE_PS, false, "a page of 1 GiB");
}

/* Give back the three tables on the way to an address. */
static void free_way(phys_t root, uint64_t address)
{
    for (int level = 2; level <= 4; level++)
        frame_free(pte_frame(*page_table_walk(root, address, level, false)));
}

void try_walk(void)
{
    uint64_t address = (uint64_t)kmain, before = frame_free_count();
    printf("    the walk of %#lx, kmain():\n", address);
    try_kernel_walk(address);

    phys_t root = frame_alloc(), other = frame_alloc();
    try_made_walk(root, other, USER_ADDRESS);
    try_made_walk(root, other, LAST_ADDRESS);
    try_made_walk(root, other, KERNEL_ADDRESS);
    free_way(root, USER_ADDRESS);
    free_way(root, LAST_ADDRESS);
    free_way(root, KERNEL_ADDRESS);
    frame_free(root);
    frame_free(other);
    require_frames("2.2", before);
}
