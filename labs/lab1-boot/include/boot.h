/*
 * boot.h - what the boot code hands to the kernel.
 */
#pragma once

#include <stdint.h>
#include <memory_layout.h>
#include <types.h>

/* An entry of the BIOS memory map (int 15h, EAX=E820h; ACPI specification, 15.1). */
struct e820_entry {
    uint64_t start;      /* physical address */
    uint64_t size;       /* bytes */
    uint32_t type;       /* E820_USABLE or anything else */
    uint32_t attributes; /* ACPI 3.0: bit 0 clear means ignore the entry */
};
_Static_assert(sizeof(struct e820_entry) == 24, "the loader writes 24 bytes an entry");

#define E820_USABLE 1

/* At BOOT_INFO_ADDRESS; the loader fills it. */
struct boot_info {
    uint32_t entries;
    uint32_t reserved;
    struct e820_entry map[];
};

/* A run of whole frames that the firmware calls usable and the kernel does not
 * occupy. Both ends are multiples of PAGE_SIZE; `end` is the first byte after it. */
struct memory_region {
    uint64_t start;
    uint64_t end;
};

#define MEMORY_REGIONS_MAX 64

/* The memory to hand out: sorted, without overlaps, all at or above 1 MiB. */
extern struct memory_region memory_regions[MEMORY_REGIONS_MAX];
extern unsigned memory_region_count;

/* The physical address of the kernel's own PML4. */
extern phys_t kernel_page_table;

/* Build the regions from the BIOS's map. */
void memory_map_init(const struct boot_info *info);

/* The end of the last usable region, a physical address. */
uint64_t memory_map_end(void);

/* Take one zeroed frame from the usable memory for good; panics when there is none. */
phys_t memory_map_take(void);

/* Build the kernel half of the address space and switch to it. */
void paging_init(void);

/* Unmap a page of the image for good: whatever runs into it faults. */
void paging_guard(const char *page);

/* Start over at the top of the boot stack with a function that does not return. */
_Noreturn void boot_stack_call(void (*function)(void));

/* Each lab's kernel, in its main.c. Does not return: it ends in machine_off(). */
_Noreturn void kmain(void);

/* Addresses from the linker script. */
extern char kernel_text_start[], kernel_rodata_start[], kernel_data_start[], kernel_end[];
extern char boot_stack_guard[], boot_stack_bottom[], boot_stack_top[];
