/*
 * copies.c - exercise 4.3: which pages are visited, in which order, until when; and page
 * after page copied, with memory running out at each step.
 */
#include <lab2.h>
#include <lab4.h>

static const struct {
    uint64_t address, flags;
} pages[] = {
    { USER_PROGRAM_BASE, PTE_U },
    { USER_PROGRAM_BASE + PAGE_SIZE, PTE_U | PTE_NX },
    { USER_PROGRAM_BASE + 3 * PAGE_SIZE, PTE_U | PTE_W | PTE_NX },
    { 0x5FF000, PTE_U | PTE_W | PTE_NX }, /* the last page of a table */
    { 0x600000, PTE_U | PTE_W | PTE_NX }, /* the first one of the next */
    { 0x3FFFF000, PTE_U | PTE_NX },       /* the last one of a directory */
    { 0x40000000, PTE_U | PTE_W | PTE_NX },
    { 0x7FFFFFF000, PTE_U }, /* the last one below a PML4 entry */
    { 0x8000000000, PTE_U | PTE_W | PTE_NX },
    { 0x123456789000, PTE_U | PTE_NX },
    { USER_STACK_TOP - PAGE_SIZE, PTE_U | PTE_W | PTE_NX },
};
#define PAGES   (sizeof pages / sizeof *pages)
#define STOP_AT 4

static phys_t root, empty;
static unsigned visits, stop_at;

static int look(phys_t to, uint64_t address, pte_t *entry)
{
    observe("visit", address);
    observe("entry is the page's", entry == page_table_walk(root, address, 1, false));
    observe("to", to.raw == empty.raw);
    return ++visits == stop_at ? -EEXIST : 0;
}

static void try_visits(unsigned stop)
{
    visits = 0;
    stop_at = stop;
    observe("visits stop at", stop);
    observe("result", (uint64_t)user_half_copy(root, empty, look));
}

/* A copy with so few frames that it fails, for each number of frames. */
static uint64_t try_without_memory(uint64_t needed)
{
    uint64_t lost = 0;
    for (uint64_t left = 0; left < needed; left++) {
        phys_t copy = FRAME_NONE;
        (void)create_user_page_table(&copy);
        hoard_all_but(left);
        observe("frames left", left);
        observe("copy gives", (uint64_t)user_half_copy(root, copy, page_copy));
        uint64_t before = frame_free_count();
        destroy_user_page_table(copy);
        lost += left + 1 - frame_free_count(); /* the PML4 is one more */
        observe("frames free after it", before);
        hoard_release();
    }
    return lost;
}

_Noreturn void all_processes_ended(void)
{
    observed_all();
}

_Noreturn void kmain(void)
{
    lab4_start();
    observe("kernel root", kernel_page_table.raw);
    (void)create_user_page_table(&root);
    (void)create_user_page_table(&empty);
    observe("visits of nothing", (uint64_t)user_half_copy(empty, root, look));
    for (unsigned i = 0; i < PAGES; i++) {
        phys_t frame = frame_alloc();
        uint64_t *words = phys_to_virt(frame);
        for (unsigned word = 0; word < PAGE_SIZE / sizeof *words; word++)
            words[word] = pages[i].address + word * 0x0101010101010101;
        observe("page", pages[i].address);
        observe("flags", pages[i].flags);
        observe("mapped", (uint64_t)page_map(root, pages[i].address, frame, pages[i].flags));
    }
    try_visits(0);
    try_visits(STOP_AT);

    uint64_t before = frame_free_count();
    phys_t copy = FRAME_NONE;
    (void)create_user_page_table(&copy);
    observe("root", root.raw);
    observe("copied", (uint64_t)user_half_copy(root, copy, page_copy));
    observe("copy", copy.raw);
    uint64_t needed = before - frame_free_count() - 1;
    observe("frames for a copy", needed);
    observe("page_copy over a page",
            (uint64_t)page_copy(copy, pages[0].address,
                                page_table_walk(root, pages[0].address, 1, false)));
    observe("frames for a copy after it", before - frame_free_count() - 1);
    observe("lost by failures", try_without_memory(needed));
    observed_all();
}
