/*
 * Exercise 2.3: page_map, page_unmap
 *
 * page_map
 * In:  root, address   an address space and a page in it
 *      frame           the frame that the page is to be mapped to
 *      flags           any of PTE_W, PTE_U, PTE_NX
 * Out: 0 and the page is mapped; or −EINVAL, −EEXIST, −ENOMEM (<page_table.h>)
 *
 * page_unmap
 * In:  root, address   as above
 *      frame           where to store which frame was mapped
 * Out: 0 and the page is unmapped; or −EINVAL, −ENOENT
 *
 * The processor keeps translations in its TLB and does not watch the tables:
 * invlpg() makes it forget one page. SDM volume 3A, 4.10.4.1 ("Operations that
 * Invalidate TLBs and Paging-Structure Caches").
 * Check: make grade ONLY=2.3
 */
#include <cpu.h>
#include <errno.h>
#include <exercise.h>
#include <page_table.h>

int page_map(phys_t root, uint64_t address, phys_t frame, uint64_t flags)
{
    todo("2.3");
}

int page_unmap(phys_t root, uint64_t address, phys_t *frame)
{
    todo("2.3");
}
