/*
 * ranges.c - user_range_check() on a page table in which one entry on the way is
 * closed, and on addresses that have no tables yet.
 */
#include <lab3.h>
#include <syscall.h>

#define PAGES 3

static phys_t root;

_Noreturn void all_processes_ended(void)
{
    observed_all();
}

static void check(const char *what, uint64_t address, uint64_t length)
{
    observe(what, (uint64_t)(int64_t)user_range_check(root, address, length));
}

/* Close the page's entry of each level in turn, in two ways. */
static void try_levels(uint64_t address)
{
    for (int level = 4; level >= 1; level--) {
        pte_t *entry = page_table_walk(root, address, level, false), open = *entry;
        *entry = open & ~PTE_U;
        observe("level without PTE_U", (uint64_t)level);
        check("result", address, 8);
        *entry = open & ~PTE_P;
        observe("level without PTE_P", (uint64_t)level);
        check("result", address, 8);
        *entry = open;
    }
}

_Noreturn void kmain(void)
{
    static const uint64_t empty[] = {
        0,
        0x123,
        USER_PROGRAM_BASE + 1,
        USER_STACK_TOP,
        USER_HALF_END,
        KERNEL_BASE,
        0x8000000000000000,
        -1UL,
    };
    static const uint64_t untouched[] = {
        0x8000000000,
        0x40000000,
        0x600000000000,
        USER_HALF_END - 8,
    };
    lab3_start();
    (void)create_user_page_table(&root);
    for (uint64_t i = 0; i < PAGES; i++)
        (void)page_map(root, USER_PROGRAM_BASE + i * PAGE_SIZE, frame_alloc(), PTE_U | PTE_NX);

    observe("good", PAGES);
    check("result", USER_PROGRAM_BASE, PAGES * PAGE_SIZE);
    try_levels(USER_PROGRAM_BASE + PAGE_SIZE);
    for (uint64_t i = 0; i < PAGES; i++) {
        pte_t *entry = page_table_walk(root, USER_PROGRAM_BASE + i * PAGE_SIZE, 1, false);
        pte_t open = *entry;
        *entry = 0;
        observe("hole in page", i);
        check("result", USER_PROGRAM_BASE, PAGES * PAGE_SIZE);
        check("odd result", USER_PROGRAM_BASE + PAGE_SIZE - 1, PAGE_SIZE + 2);
        *entry = open;
    }
    for (unsigned i = 0; i < sizeof empty / sizeof *empty; i++) {
        observe("no byte at", empty[i]);
        check("result", empty[i], 0);
    }
    uint64_t before = frame_free_count();
    for (unsigned i = 0; i < sizeof untouched / sizeof *untouched; i++) {
        observe("no table at", untouched[i]);
        check("result", untouched[i], 8);
    }
    observe("frames used by checks", before - frame_free_count());
    observed_all();
}
