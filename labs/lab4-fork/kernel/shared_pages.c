/*
 * shared_pages.c - pages with several owners: who gives one up, and who writes to one.
 */
#include <copy_on_write.h>
#include <errno.h>

page_function_t *fork_page = page_copy;

/* Where an owner goes, its entry goes, too: nobody frees the frame by it. */
static void drop_shared(phys_t table, int level, unsigned count)
{
    pte_t *entries = phys_to_virt(table);
    for (unsigned i = 0; i < count; i++) {
        if (!(entries[i] & PTE_P))
            continue;
        if (level > 1) {
            drop_shared(pte_frame(entries[i]), level - 1, PTE_COUNT);
        } else if (owners_further(pte_frame(entries[i])) > 0) {
            owners_drop(pte_frame(entries[i]));
            entries[i] = 0;
        }
    }
}

void shared_pages_drop(phys_t root)
{
    drop_shared(root, 4, PTE_COUNT / 2);
}
