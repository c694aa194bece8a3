/*
 * copy_on_write.h - address spaces that are copied, and pages with several owners.
 */
#pragma once

#include <page_table.h>

/* A bit of an entry that is the system's own (SDM volume 3A, table 4-20, bits 11–9): the
 * page may be written once its frame belongs to nobody else. */
#define PTE_COPY (1UL << 9)

/* What is to be done with a page in the user half of `from`: `entry` is its entry there,
 * `to` the page table that gets it. 0 or −E…. */
typedef int page_function_t(phys_t to, uint64_t address, pte_t *entry);

/* Exercise 4.3. Call `function` for each page that is mapped in the user half of `from`,
 * in the order of addresses. Stops at the first error, and gives it; what `to` has got until
 * then stays in it. */
int user_half_copy(phys_t from, phys_t to, page_function_t *function);

/* Exercise 4.3. Map a frame of its own, with the same bytes and the same PTE_W, PTE_U, PTE_NX,
 * in `to`. 0; −ENOMEM. When it fails, no frame is lost. */
page_function_t page_copy;

/* Exercise 4.6. Map the same frame in both, so that neither may write to it before
 * cow_fault(). `entry` is of the page table in CR3. 0; −ENOMEM; −EAGAIN: too many owners. */
page_function_t page_share;

/* Exercise 4.6. Somebody wants to write to the page at `address`, which is present in the
 * page table in CR3, `root`, and not writable. 0: it is now; −EFAULT: it is not shared, but
 * read-only; −ENOMEM: no frame left for a copy. */
int cow_fault(phys_t root, uint64_t address);

/* What fork does with a page: page_copy until kmain() says otherwise. */
extern page_function_t *fork_page;

/* How many own a frame besides the one that asks; 0 for all but shared ones. */
unsigned owners_further(phys_t frame);

/* One owner more. 0; −EAGAIN: there are OWNERS_MAX already. */
int owners_add(phys_t frame);

/* One owner less, of a frame that has further ones. */
void owners_drop(phys_t frame);

#define OWNERS_MAX      0xFFFF
#define OWNERS_OF_FRAME (PAGE_SIZE / sizeof(uint16_t)) /* counts that one frame holds */

/* Make room for the counts of all usable frames. */
void owners_init(void);

/* Take the pages whose frames have further owners out of the user half, so that
 * destroy_user_page_table() frees none that is still in use. */
void shared_pages_drop(phys_t root);
