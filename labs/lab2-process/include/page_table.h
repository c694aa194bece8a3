/*
 * page_table.h - address spaces: the four-level tables that CR3 points to.
 *
 * Intel SDM volume 3A, 4.5 "4-Level Paging and 5-Level Paging". Level 4 is the
 * PML4, 3 the page-directory-pointer table, 2 the page directory, 1 the page
 * table. An address space is named by the physical address of its PML4, `root`.
 * The bits of an entry are in <paging_bits.h>.
 */
#pragma once

#include <paging_bits.h>
#include <types.h>

typedef uint64_t pte_t;

/* The index into the table at `level` for an address: 9 bits, 0 to 511. */
static inline unsigned page_table_index(uint64_t address, int level)
{
    return (address >> (12 + 9 * (level - 1))) % PTE_COUNT;
}

/* Whether bits 63–47 of the address are all the same: SDM volume 1, 3.3.7.1. */
static inline bool is_canonical(uint64_t address)
{
    return address < USER_HALF_END || address >= KERNEL_HALF_START;
}

static inline phys_t pte_frame(pte_t entry)
{
    return phys(entry & PTE_ADDRESS);
}

/* Exercise 2.2. The entry for `address` in the table at `level`, 4 to 1, at an
 * address where the kernel may read and change it. Tables missing on the way
 * are made when `create` is set: present, writable, and with PTE_U when the
 * address is in the user half.
 * NULL when a table is missing and is not to be made, when no frame is left for
 * it, or when a large page is in the way. */
pte_t *page_table_walk(phys_t root, uint64_t address, int level, bool create);

/* Exercise 2.3. Map the page at `address` to the frame, with PTE_P and `flags`
 * (any of PTE_W, PTE_U, PTE_NX). The caller keeps owning the frame.
 * 0; −EINVAL: address or frame is not a multiple of PAGE_SIZE, or the address is
 * not canonical; −EEXIST: something is mapped there; −ENOMEM: no frame left
 * for a table. */
int page_map(phys_t root, uint64_t address, phys_t frame, uint64_t flags);

/* Exercise 2.3. Undo page_map(), in the TLB, too. Stores in *frame which frame
 * was mapped; freeing it is up to the caller.
 * 0; −EINVAL as for page_map(); −ENOENT: no 4 KiB page is mapped there. */
int page_unmap(phys_t root, uint64_t address, phys_t *frame);

/* Exercise 2.4. Make the page table of a new process: its user half is empty,
 * its kernel half is the kernel's. The caller owns it.
 * 0 and *root is its PML4; −ENOMEM. */
int create_user_page_table(phys_t *root);

/* Exercise 2.4. Free a process's page table: every frame that is mapped in its
 * user half, every table of the user half, and the PML4. It must not be in CR3. */
void destroy_user_page_table(phys_t root);

/* Print the walk of an address, one line per level. */
void page_table_print_walk(phys_t root, uint64_t address);
