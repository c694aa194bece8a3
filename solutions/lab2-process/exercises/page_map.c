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
    /* SOLUTION */
    if (address % PAGE_SIZE != 0 || frame.raw % PAGE_SIZE != 0 || !is_canonical(address))
        return -EINVAL;
    pte_t *entry = page_table_walk(root, address, 1, false);
    if (!entry) {
        /* A table is missing, unless a large page is in the way: no lack of memory. */
        for (int level = 3; level >= 2; level--) {
            pte_t *above = page_table_walk(root, address, level, false);
            if (above && *above & PTE_P && *above & PTE_PS)
                return -EEXIST;
        }
        entry = page_table_walk(root, address, 1, true);
    }
    if (!entry)
        return -ENOMEM;
    if (*entry & PTE_P)
        return -EEXIST;
    *entry = frame.raw | flags | PTE_P;
    return 0;
    /* END SOLUTION */
}

int page_unmap(phys_t root, uint64_t address, phys_t *frame)
{
    /* SOLUTION */
    if (address % PAGE_SIZE != 0 || !is_canonical(address))
        return -EINVAL;
    pte_t *entry = page_table_walk(root, address, 1, false);
    if (!entry || !(*entry & PTE_P))
        return -ENOENT;
    *frame = pte_frame(*entry);
    *entry = 0;
    invlpg(address);
    return 0;
    /* END SOLUTION */
}
