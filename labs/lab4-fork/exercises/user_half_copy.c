/*
 * Exercise 4.3: user_half_copy, page_copy
 *
 * user_half_copy
 * In:  from, to   two page tables
 *      function   what is to be done with a page: page_copy(), or another one
 * Out: function(to, address, entry) was called for each page that is mapped in the
 *      user half of `from`, with its entry there, in the order of addresses: 0.
 *      Or the first of its results that is not 0, and it was not called again
 *
 * page_copy
 * In:  to        a page table that has nothing at `address`
 *      address   of a page
 *      entry     of this page, in the page table that it comes from
 * Out: 0, and in `to` a new frame is mapped with the same bytes and the same PTE_W,
 *      PTE_U and PTE_NX; −ENOMEM when there is no frame for the page or a table. Then
 *      no frame is lost
 *
 * The way through the tables is that of exercise 2.4. Every page of the user half has 4 KiB.
 * Check: make grade ONLY=4.3
 */
#include <copy_on_write.h>
#include <errno.h>
#include <exercise.h>
#include <frame.h>
#include <string.h>

int user_half_copy(phys_t from, phys_t to, page_function_t *function)
{
    todo("4.3");
}

int page_copy(phys_t to, uint64_t address, pte_t *entry)
{
    todo("4.3");
}
