/*
 * page_table.c - a walk, printed.
 */
#include <console.h>
#include <page_table.h>

void page_table_print_walk(phys_t root, uint64_t address)
{
    for (int level = 4; level >= 1; level--) {
        pte_t *entry = page_table_walk(root, address, level, false);
        if (!entry)
            return;
        unsigned index = (uint64_t)entry % PAGE_SIZE / sizeof *entry;
        unsigned expected = page_table_index(address, level);
        printf("    level %d, index %3u: 0x%016lx", level, index, *entry);
        if (index != expected)
            printf(", expected index %u:", expected);
        if (!(*entry & PTE_P)) {
            printf(" not present\n");
            return;
        }
        printf(" present, %s, ring %s%s%s\n", *entry & PTE_W ? "writable" : "read-only",
               *entry & PTE_U ? "3 and 0" : "0 only", *entry & PTE_NX ? ", no execution" : "",
               level > 1 && *entry & PTE_PS ? ", large page" : "");
    }
}
