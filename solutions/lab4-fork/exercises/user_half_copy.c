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

/* SOLUTION */
static int visit(phys_t table, int level, uint64_t address, phys_t to, page_function_t *function)
{
    pte_t *entries = phys_to_virt(table);
    unsigned count = level == 4 ? PTE_COUNT / 2 : PTE_COUNT;
    uint64_t size = 1UL << (12 + 9 * (level - 1));
    for (unsigned i = 0; i < count; i++) {
        if (!(entries[i] & PTE_P))
            continue;
        int error = level == 1
            ? function(to, address + i * size, &entries[i])
            : visit(pte_frame(entries[i]), level - 1, address + i * size, to, function);
        if (error)
            return error;
    }
    return 0;
}
/* END SOLUTION */

int user_half_copy(phys_t from, phys_t to, page_function_t *function)
{
    /* SOLUTION */
    return visit(from, 4, 0, to, function);
    /* END SOLUTION */
}

int page_copy(phys_t to, uint64_t address, pte_t *entry)
{
    /* SOLUTION */
    phys_t frame = frame_alloc();
    if (frame.raw == FRAME_NONE.raw)
        return -ENOMEM;
    memcpy(phys_to_virt(frame), phys_to_virt(pte_frame(*entry)), PAGE_SIZE);
    int error = page_map(to, address, frame, *entry & (PTE_W | PTE_U | PTE_NX));
    if (error)
        frame_free(frame);
    return error;
    /* END SOLUTION */
}
