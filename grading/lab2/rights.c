/*
 * rights.c - a right holds where every level grants it, and NX on any level forbids.
 * Not an exercise's test: tests/test_facts.py reads it.
 */
#include <console.h>
#include <lab2.h>

#define ADDRESS 0x0000600000000000

static volatile uint64_t faults;

/* Give the right back that was taken away for the trial, and go on. */
static pte_t *changed;
static pte_t before;

static void note(struct trap_frame *frame)
{
    (void)frame;
    faults++;
    *changed = before;
    write_cr3(read_cr3());
}

/* How many faults an access brings when the entry at `level` is changed. */
static void try_level(const char *what, int level, pte_t clear, pte_t set, bool execute)
{
    changed = page_table_walk(kernel_page_table, ADDRESS, level, false);
    before = *changed;
    faults = 0;
    *changed = (before & ~clear) | set;
    write_cr3(read_cr3());
    if (execute)
        ((void (*)(void))ADDRESS)();
    else
        *(volatile uint8_t *)ADDRESS = 0xC3; /* ret */
    *changed = before;
    write_cr3(read_cr3());
    observe(what, faults);
    printf("    %s, level %d: %s\n", what, level, faults ? "#PF" : "no fault");
}

_Noreturn void kmain(void)
{
    lab2_start();
    (void)page_map(kernel_page_table, ADDRESS, frame_alloc(), PTE_W);
    trap_register(VECTOR_PF, note);
    try_level("all levels grant writing", 1, 0, 0, false);
    for (int level = 4; level >= 1; level--)
        try_level("one level without W", level, PTE_W, 0, false);
    try_level("no level has NX", 1, 0, 0, true);
    for (int level = 4; level >= 1; level--)
        try_level("one level with NX", level, 0, PTE_NX, true);
    observed_all();
}
