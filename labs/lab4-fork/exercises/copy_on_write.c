/*
 * Exercise 4.6: page_share, cow_fault
 *
 * page_share
 * In:  to        a page table that has nothing at `address`
 *      address   of a page
 *      entry     of this page in the page table that is in CR3
 * Out: 0, and the same frame is mapped in `to`, with one owner more (owners_add()). When
 *      the page could be written, PTE_W is clear in both entries and PTE_COPY is set, and
 *      the TLB knows. A page that was read-only stays as it is, without PTE_COPY.
 *      −ENOMEM, −EAGAIN: nothing was mapped, no owner added
 *
 * cow_fault
 * In:  root      the page table in CR3
 *      address   to which somebody wants to write
 * Out: 0: the page has PTE_W and no PTE_COPY, and its frame no other owner: a copy with the
 *      same bytes when there were others (one owner less has the old frame), the old
 *      frame when there were none;
 *      −EFAULT: the page has no PTE_COPY; −ENOMEM: no frame for a copy. Nothing has changed
 *
 * page_map() takes PTE_W, PTE_U and PTE_NX: PTE_COPY is put into its entry afterwards.
 * invlpg() after a change of an entry that the processor may have used.
 * SDM volume 3A, 4.10.4.1 and 4.10.4.3 ("Optional Invalidation").
 * Check: make grade ONLY=4.6
 */
#include <copy_on_write.h>
#include <cpu.h>
#include <errno.h>
#include <exercise.h>
#include <frame.h>
#include <string.h>

int page_share(phys_t to, uint64_t address, pte_t *entry)
{
    todo("4.6");
}

int cow_fault(phys_t root, uint64_t address)
{
    todo("4.6");
}
