/*
 * walk.c - page_table_walk() over tables that are built by hand, and making its own.
 */
#include <lab2.h>

static pte_t *entry_of(phys_t table, unsigned index)
{
    return (pte_t *)phys_to_virt(table) + index;
}

/* Tables for one page of the user half, with some other entries around it. */
static phys_t build(uint64_t address, phys_t tables[4])
{
    for (int level = 4; level >= 1; level--)
        tables[level - 1] = frame_alloc();
    for (int level = 4; level >= 2; level--)
        *entry_of(tables[level - 1], page_table_index(address, level)) = tables[level - 2].raw
            | PTE_P | PTE_W | PTE_U | PTE_A | PTE_NX;
    *entry_of(tables[0], page_table_index(address, 1)) = 0x1234000 | PTE_P | PTE_NX;
    return tables[3];
}

static void try_walk(phys_t root, uint64_t address, int level, bool create, const pte_t *expected)
{
    observe("walk from", root.raw);
    observe("address", address);
    observe("level", (uint64_t)level);
    observe("create", create);
    observe("expected entry", (uint64_t)expected);
    observe("entry", (uint64_t)page_table_walk(root, address, level, create));
}

static void try_built(uint64_t address)
{
    phys_t tables[4];
    phys_t root = build(address, tables);
    pte_t before[4];
    for (int level = 4; level >= 1; level--)
        before[level - 1] = *entry_of(tables[level - 1], page_table_index(address, level));
    for (int level = 4; level >= 1; level--)
        try_walk(root, address, level, false,
                 entry_of(tables[level - 1], page_table_index(address, level)));
    /* The neighbours: another page of the same table, and tables that are missing. */
    try_walk(root, address ^ PAGE_SIZE, 1, false,
             entry_of(tables[0], page_table_index(address, 1) ^ 1));
    for (int level = 2; level <= 4; level++)
        try_walk(root, address ^ 1ULL << (12 + 9 * (level - 1)), 1, false, NULL);
    try_walk(root, address, 1, true, entry_of(tables[0], page_table_index(address, 1)));
    for (int level = 4; level >= 1; level--) {
        observe("entry before", before[level - 1]);
        observe("entry after", *entry_of(tables[level - 1], page_table_index(address, level)));
    }
    /* A large page in the way. */
    *entry_of(tables[1], page_table_index(address, 2)) = 0x200000 | PTE_P | PTE_PS;
    try_walk(root, address, 1, false, NULL);
    try_walk(root, address, 1, true, NULL);
    try_walk(root, address, 2, false, entry_of(tables[1], page_table_index(address, 2)));
    observe("large page", 0x200000 | PTE_P | PTE_PS);
    observe("large page intact", *entry_of(tables[1], page_table_index(address, 2)));
    *entry_of(tables[2], page_table_index(address, 3)) = 0x200000 | PTE_P | PTE_PS;
    try_walk(root, address, 1, false, NULL);
    try_walk(root, address, 2, true, NULL);
    try_walk(root, address, 3, false, entry_of(tables[2], page_table_index(address, 3)));
}

/* Tables that the walk makes: the harness walks them after the run. */
static void try_create(void)
{
    static const uint64_t pages[] = {
        0x1000,       USER_PROGRAM_BASE,          0x3FFFF000, 0x40000000, 0x7FFFFFF000,
        0x8000000000, USER_STACK_TOP - PAGE_SIZE,
    };
    phys_t root = frame_alloc();
    observe("created root", root.raw);
    for (unsigned i = 0; i < sizeof pages / sizeof *pages; i++) {
        pte_t *entry = page_table_walk(root, pages[i], 1, true);
        observe("created page", pages[i]);
        observe("created frame", 0x100000 + (uint64_t)i * PAGE_SIZE);
        observe("created entry", (uint64_t)entry);
        if (entry)
            *entry = (0x100000 + (uint64_t)i * PAGE_SIZE) | PTE_P | PTE_U;
        observe("found again", page_table_walk(root, pages[i], 1, false) == entry);
    }
    uint64_t before = frame_free_count();
    (void)page_table_walk(root, pages[0], 1, true);
    observe("frames used for what is there", before - frame_free_count());

    /* A walk that stops at a higher level makes what is above that, each in a new tree. */
    for (int level = 4; level >= 1; level--) {
        phys_t tree = frame_alloc();
        before = frame_free_count();
        observe("new tree", tree.raw);
        observe("stop at level", (uint64_t)level);
        observe("entry there",
                (uint64_t)page_table_walk(tree, USER_STACK_TOP - PAGE_SIZE, level, true));
        observe("tables made", before - frame_free_count());
    }

    /* In the kernel half no table gets PTE_U. */
    phys_t kernel_like = frame_alloc();
    observe("kernel-like root", kernel_like.raw);
    pte_t *entry = page_table_walk(kernel_like, 0xFFFFC00000000000, 1, true);
    if (entry)
        *entry = 0x100000 | PTE_P | PTE_W;

    /* Memory that runs out on the way. */
    for (uint64_t left = 0; left < 4; left++) {
        hoard_all_but(left + 1);
        phys_t empty = frame_alloc();
        observe("frames left", left);
        observe("entry without memory",
                (uint64_t)page_table_walk(empty, USER_PROGRAM_BASE, 1, true));
    }
    hoard_release();
}

_Noreturn void kmain(void)
{
    lab2_start();
    observe("kernel root", kernel_page_table.raw);
    try_built(USER_PROGRAM_BASE + 0x5000);
    try_built(0x00007FFFFFFFE000);
    try_built(0);
    try_built(0xFFFFFFFFFFFFF000);
    try_create();
    observed_all();
}
