/*
 * memory_layout.h - where everything lies, for C, assembly and the linker.
 *
 * The address space of a process. The upper half is the kernel's: the same in
 * every process, and out of reach for ring 3. The lower half is the process's own. Not to scale.
 *
 *   0x0000_0000_0000_0000  +--------------------------+
 *                          | null page and more       |  not mapped, by the loader's rule
 *   0x0000_0000_0040_0000  +--------------------------+  USER_PROGRAM_BASE
 *                          | code and data: anywhere  |  ring 3, each segment's rights
 *   0x0000_7000_0000_0000  +--------------------------+  USER_PROGRAM_END
 *                          | …, guard, user stack     |  ring 3, the upper 64 KiB
 *   0x0000_7FFF_FFFF_F000  +--------------------------+  USER_STACK_TOP
 *                          | never mapped             |
 *   0x0000_8000_0000_0000  +--------------------------+
 *                          | not canonical            |
 *   0xFFFF_8000_0000_0000  +--------------------------+  KERNEL_STACK_BASE
 *                          | kernel stacks            |  ring 0, 4 KiB guard + 16 KiB each
 *   0xFFFF_8000_1000_0000  +--------------------------+  KERNEL_BASE
 *                          | kernel image             |  ring 0, 4 KiB pages
 *   0xFFFF_8880_0000_0000  +--------------------------+  PHYSICAL_MAP_BASE
 *                          | all physical memory      |  ring 0, 2 MiB pages, no execution;
 *                          |                          |  the image's code is read-only here, too
 *                          +--------------------------+
 *
 * The numbers have no suffixes, since the linker script reads this file, too.
 */
#pragma once

#define PAGE_SIZE       0x1000
#define LARGE_PAGE_SIZE 0x200000

/* The user half. */
#define USER_PROGRAM_BASE 0x0000000000400000
#define USER_PROGRAM_END  0x0000700000000000
#define USER_STACK_TOP    0x00007FFFFFFFF000
#define USER_STACK_SIZE   0x10000
#define USER_HALF_END     0x0000800000000000

/* The kernel half: two entries of the PML4, filled at boot; no other ever is. */
#define KERNEL_HALF_START 0xFFFF800000000000
#define KERNEL_STACK_BASE 0xFFFF800000000000
#define KERNEL_STACK_AREA 0x10000000 /* bytes from KERNEL_STACK_BASE */
#define KERNEL_STACK_SIZE 0x4000
#define KERNEL_BASE       0xFFFF800010000000
#define PHYSICAL_MAP_BASE 0xFFFF888000000000
#define PHYSICAL_MAP_MAX  0x8000000000 /* what one PML4 entry maps */

/*
 * Physical memory while the boot code runs. The frame allocator never gets any
 * of the first MiB; the kernel lies above it.
 */
#define BOOT_PAGE_TABLES    0x1000 /* five tables, 20 KiB */
#define BOOT_INFO_ADDRESS   0x6000
#define BOOT_INFO_SIZE      0x1000
#define BOOT_SECTOR_ADDRESS 0x7C00
#define BOOT_CODE_SIZE      0x800    /* the boot sector and the loader */
#define KERNEL_READ_ADDRESS 0x10000  /* where the BIOS reads the kernel to … */
#define KERNEL_READ_MAX     0x80000  /* … as far as below 1 MiB is RAM */
#define KERNEL_LOAD_ADDRESS 0x200000 /* where it is moved to and runs … */
#define KERNEL_SIZE_MAX     0x800000 /* … with all its .bss */

/* The boot code's GDT uses other selectors than the kernel's, so that a
 * segment register that was not reloaded can be recognised by its value. */
#define BOOT_CODE32 0x40
#define BOOT_CODE64 0x48
#define BOOT_DATA   0x50
