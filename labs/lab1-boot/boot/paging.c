/*
 * paging.c - the kernel half of the address space, built once.
 *
 * Every process shares it: its PML4 entries 256 and 273 are copied into each
 * process's PML4, so both are filled here and no other ever is. What lies
 * below them may change later and changes for everybody.
 *
 * The tables under the area of the kernel stacks are all made now. A kernel
 * stack then costs its own frames and nothing else.
 */
#include <boot.h>
#include <cpu.h>
#include <paging_bits.h>
#include <types.h>

phys_t kernel_page_table;

/* The entry for `address` in the table at `level` (4 is the PML4), made on the way. */
static uint64_t *boot_entry(uint64_t address, int level)
{
    phys_t table = kernel_page_table;
    for (int at = 4;; at--) {
        uint64_t *entry = (uint64_t *)phys_to_virt(table)
            + (address >> (12 + 9 * (at - 1))) % PTE_COUNT;
        if (at == level)
            return entry;
        if (!(*entry & PTE_P))
            *entry = memory_map_take().raw | PTE_W | PTE_P;
        table = phys(*entry & PTE_ADDRESS);
    }
}

static uint64_t image_frame(const char *page)
{
    return (uint64_t)page - KERNEL_BASE + KERNEL_LOAD_ADDRESS;
}

/* Map the image's bytes from start to end, whole pages, with the permissions in `flags`. */
static void map_image(const char *start, const char *end, uint64_t flags)
{
    for (const char *page = start; page < end; page += PAGE_SIZE)
        *boot_entry((uint64_t)page, 1) = image_frame(page) | flags | PTE_P;
}

/* Map 2 MiB of physical memory in small pages: those of the image's code and constants
 * must not be writable in one place and read-only in another. */
static void map_around_image(uint64_t start)
{
    uint64_t *entry = boot_entry(PHYSICAL_MAP_BASE + start, 1);
    for (uint64_t at = start; at < start + LARGE_PAGE_SIZE; at += PAGE_SIZE) {
        bool constant = at >= image_frame(kernel_text_start) && at < image_frame(kernel_data_start);
        *entry++ = at | (constant ? 0 : PTE_W) | PTE_NX | PTE_P;
    }
}

static void map_physical_memory(void)
{
    for (uint64_t at = 0; at < memory_map_end(); at += LARGE_PAGE_SIZE) {
        if (at + LARGE_PAGE_SIZE > KERNEL_LOAD_ADDRESS && at < image_frame(kernel_data_start))
            map_around_image(at);
        else
            *boot_entry(PHYSICAL_MAP_BASE + at, 2) = at | PTE_PS | PTE_NX | PTE_W | PTE_P;
    }
}

void paging_guard(const char *page)
{
    *boot_entry((uint64_t)page, 1) = 0;
    invlpg((uint64_t)page);
}

void paging_init(void)
{
    kernel_page_table = memory_map_take();

    map_image(kernel_text_start, kernel_rodata_start, 0);
    map_image(kernel_rodata_start, kernel_data_start, PTE_NX);
    map_image(kernel_data_start, kernel_end, PTE_W | PTE_NX);
    paging_guard(boot_stack_guard);

    for (uint64_t at = 0; at < KERNEL_STACK_AREA; at += LARGE_PAGE_SIZE)
        (void)boot_entry(KERNEL_STACK_BASE + at, 1);
    map_physical_memory();

    write_cr3(kernel_page_table.raw);
}
