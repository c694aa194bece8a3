/*
 * paging_bits.h - the bits of page-table entries and of the control registers,
 * by the manual's names, for C and assembly. Intel SDM volume 3A: 2.5 "Control
 * Registers", 2.2.1 "Extended Feature Enable Register", 4.5 "4-Level Paging and
 * 5-Level Paging" (table 4-20).
 */
#pragma once

/* Page-table entries, on every level. */
#define PTE_P       0x001              /* present */
#define PTE_W       0x002              /* writable */
#define PTE_U       0x004              /* ring 3 may use it; needed on all four levels */
#define PTE_PWT     0x008              /* page-level write-through */
#define PTE_PCD     0x010              /* page-level cache disable */
#define PTE_A       0x020              /* accessed: the processor sets it */
#define PTE_D       0x040              /* dirty: the processor sets it, last level only */
#define PTE_PS      0x080              /* page size: a large page, levels 3 and 2 */
#define PTE_G       0x100              /* global: stays in the TLB when CR3 changes */
#define PTE_NX      0x8000000000000000 /* no execution */
#define PTE_ADDRESS 0x000FFFFFFFFFF000 /* bits 51–12: the frame */
#define PTE_COUNT   512                /* entries in a table */

#define CR0_PE   0x00000001 /* protected mode */
#define CR0_EM   0x00000004 /* no x87: its instructions are #NM */
#define CR0_ET   0x00000010 /* always 1 */
#define CR0_NE   0x00000020 /* x87 errors as #MF, not through the PIC */
#define CR0_WP   0x00010000 /* read-only pages are read-only for ring 0, too */
#define CR0_PG   0x80000000 /* paging */
#define CR4_PAE  0x00000020 /* 64-bit page-table entries */
#define CR4_MCE  0x00000040 /* machine checks are #MC, not a shutdown */
#define CR4_UMIP 0x00000800 /* ring 3 may not ask where the tables are */
#define CR4_SMEP 0x00100000 /* ring 0 executes nothing that ring 3 may use */
#define CR4_SMAP 0x00200000 /* nor reads or writes it, except between stac and clac */

#define MSR_EFER 0xC0000080
#define EFER_LME 0x00000100 /* long mode, once paging is on */
#define EFER_LMA 0x00000400 /* long mode is on */
#define EFER_NXE 0x00000800 /* the NX bit of entries is enabled */
