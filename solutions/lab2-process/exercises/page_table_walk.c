/*
 * Exercise 2.2: page_table_walk
 *
 * In:  root      the physical address of a PML4
 *      address   a canonical virtual address
 *      level     the level at which to stop: 4, 3, 2 or 1
 *      create    whether to make missing tables
 * Out: a pointer to the entry for the address in the table at that level; NULL
 *      when a table on the way is missing (and is not to be made, or no frame
 *      is left for it) or when a large page (PTE_PS) is in the way.
 *
 * One loop from level 4 down: page_table_index() picks the entry,
 * pte_frame() and phys_to_virt() lead to the next table. A new table's entry is
 * PTE_P | PTE_W, and PTE_U for an address below USER_HALF_END: the last level
 * decides what is allowed, as long as no level above forbids it.
 * SDM volume 3A, 4.5.4 ("Linear-Address Translation with 4-Level Paging
 * and 5-Level Paging"), figure 4-8, and 4.6 ("Access Rights").
 * Check: make grade ONLY=2.2
 */
#include <exercise.h>
#include <frame.h>
#include <page_table.h>

pte_t *page_table_walk(phys_t root, uint64_t address, int level, bool create)
{
    /* SOLUTION */
    phys_t table = root;
    for (int at = 4;; at--) {
        pte_t *entry = (pte_t *)phys_to_virt(table) + page_table_index(address, at);
        if (at == level)
            return entry;
        if (!(*entry & PTE_P)) {
            phys_t made = create ? frame_alloc() : FRAME_NONE;
            if (made.raw == FRAME_NONE.raw)
                return NULL;
            *entry = made.raw | PTE_P | PTE_W | (address < USER_HALF_END ? PTE_U : 0);
        } else if (*entry & PTE_PS) {
            return NULL;
        }
        table = pte_frame(*entry);
    }
    /* END SOLUTION */
}
