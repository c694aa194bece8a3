/*
 * memory_map.c - which memory there is to hand out.
 *
 * The BIOS's list of memory may be unsorted, overlap, and end within a page.
 * memory_regions[] is what is left of it for frames: whole pages that are
 * usable and nothing but usable, above 1 MiB and after the kernel's image.
 */
#include <boot.h>
#include <panic.h>
#include <string.h>

struct memory_region memory_regions[MEMORY_REGIONS_MAX];
unsigned memory_region_count;

#define FIRST_MIB 0x100000

static void region_add(uint64_t start, uint64_t end)
{
    if (start >= end)
        return;
    if (memory_region_count == MEMORY_REGIONS_MAX)
        panic("the memory map has more than %d usable regions", MEMORY_REGIONS_MAX);
    memory_regions[memory_region_count++] = (struct memory_region){ start, end };
}

/* Take the bytes from start to end out of every region. */
static void region_cut(uint64_t start, uint64_t end)
{
    unsigned count = memory_region_count;
    for (unsigned i = 0; i < count; i++) {
        struct memory_region *region = &memory_regions[i];
        if (end <= region->start || region->end <= start)
            continue;
        uint64_t region_end = region->end;
        region->end = start > region->start ? start : region->start;
        region_add(end, region_end);
    }
}

static void regions_sort(void)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < memory_region_count; i++) {
        struct memory_region region = memory_regions[i];
        if (region.start >= region.end)
            continue;
        unsigned at = kept++;
        for (; at > 0 && memory_regions[at - 1].start > region.start; at--)
            memory_regions[at] = memory_regions[at - 1];
        memory_regions[at] = region;
    }
    memory_region_count = kept;
}

static bool entry_is_valid(const struct e820_entry *entry)
{
    return (entry->attributes & 1) && entry->size != 0 && entry->start + entry->size > entry->start;
}

void memory_map_init(const struct boot_info *info)
{
    memory_region_count = 0;
    for (unsigned i = 0; i < info->entries; i++) {
        const struct e820_entry *entry = &info->map[i];
        if (!entry_is_valid(entry) || entry->type != E820_USABLE)
            continue;
        uint64_t start = align_up(entry->start, PAGE_SIZE);
        uint64_t end = align_down(entry->start + entry->size, PAGE_SIZE);
        region_cut(start, end); /* usable twice is usable once */
        region_add(start, end);
    }
    for (unsigned i = 0; i < info->entries; i++) {
        const struct e820_entry *entry = &info->map[i];
        if (entry_is_valid(entry) && entry->type != E820_USABLE)
            region_cut(align_down(entry->start, PAGE_SIZE),
                       align_up(entry->start + entry->size, PAGE_SIZE));
    }
    region_cut(0, FIRST_MIB);
    region_cut(KERNEL_LOAD_ADDRESS, KERNEL_LOAD_ADDRESS + ((uint64_t)kernel_end - KERNEL_BASE));
    region_cut(PHYSICAL_MAP_MAX, UINT64_MAX);
    regions_sort();
    if (memory_region_count == 0)
        panic("the BIOS reports no usable memory above 1 MiB");
}

uint64_t memory_map_end(void)
{
    return memory_regions[memory_region_count - 1].end;
}

phys_t memory_map_take(void)
{
    /* The last region that begins in the first GiB: the loader's tables map no more. */
    for (unsigned i = memory_region_count; i-- > 0;) {
        struct memory_region *region = &memory_regions[i];
        if (region->start >= region->end || region->start >= 0x40000000)
            continue;
        phys_t frame = phys(region->start);
        region->start += PAGE_SIZE;
        memset(phys_to_virt(frame), 0, PAGE_SIZE);
        return frame;
    }
    panic("no memory for the kernel's page tables");
}
