/*
 * Exercise 2.4: create_user_page_table, destroy_user_page_table
 *
 * create_user_page_table
 * Out: 0 and *root is a new PML4: entries 256 to 511 are those of
 *      kernel_page_table, entries 0 to 255 are not present; −ENOMEM
 *
 * destroy_user_page_table
 * In:  root   such a PML4, not in CR3
 * Out: all frames that belong to it are free: the pages mapped in the user
 *      half, the tables of the user half, the PML4 itself. The kernel half is
 *      shared by all, and stays.
 *
 * Copying 256 entries shares everything below them: later changes of the
 * kernel half are seen through every PML4, as long as no new entry of the PML4
 * is needed. SDM volume 3A, 4.5.4.
 * Check: make grade ONLY=2.4
 */
#include <boot.h>
#include <errno.h>
#include <exercise.h>
#include <frame.h>
#include <page_table.h>
#include <string.h>

int create_user_page_table(phys_t *root)
{
    /* SOLUTION */
    *root = frame_alloc();
    if (root->raw == FRAME_NONE.raw)
        return -ENOMEM;
    pte_t *kernel = phys_to_virt(kernel_page_table), *user = phys_to_virt(*root);
    memcpy(user + PTE_COUNT / 2, kernel + PTE_COUNT / 2, PAGE_SIZE / 2);
    return 0;
    /* END SOLUTION */
}

/* SOLUTION */
/* Free what the first `count` entries of a table lead to, and the table. */
static void free_table(phys_t table, int level, unsigned count)
{
    pte_t *entries = phys_to_virt(table);
    for (unsigned i = 0; i < count; i++) {
        if (!(entries[i] & PTE_P))
            continue;
        if (level > 1)
            free_table(pte_frame(entries[i]), level - 1, PTE_COUNT);
        else
            frame_free(pte_frame(entries[i]));
    }
    frame_free(table);
}
/* END SOLUTION */

void destroy_user_page_table(phys_t root)
{
    /* SOLUTION */
    free_table(root, 4, PTE_COUNT / 2);
    /* END SOLUTION */
}
