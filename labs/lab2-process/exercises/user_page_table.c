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
    todo("2.4");
}

void destroy_user_page_table(phys_t root)
{
    todo("2.4");
}
