"""Right solutions that are not ours: each must get full marks.

Each row names an exercise and a way to solve it, and gives the body of the file
behind its task: the skeleton's text up to the last #include stays, the rest is this.
"""
from ringstep.grading.rows import Right

RIGHT = [
    Right("2.1", "a bitmap instead of a list",
          body=r'''
#define BITMAP_FRAMES (1 << 20)         /* up to 4 GiB */

static uint8_t taken[BITMAP_FRAMES / 8];
static uint64_t taken_count;

static bool is_taken(uint64_t number)
{
    return taken[number / 8] >> number % 8 & 1;
}

phys_t frame_alloc(void)
{
    static unsigned region;
    static uint64_t next;
    for (unsigned tries = 0; tries <= memory_region_count; tries++) {
        struct memory_region *r = &memory_regions[region];
        if (next < r->start || next > r->end)
            next = r->start;
        for (; next < r->end; next += PAGE_SIZE) {
            uint64_t number = next / PAGE_SIZE;
            if (is_taken(number))
                continue;
            taken[number / 8] |= (uint8_t)(1 << number % 8);
            taken_count++;
            memset(phys_to_virt(phys(next)), 0, PAGE_SIZE);
            return phys(next);
        }
        region = (region + 1) % memory_region_count;
        next = memory_regions[region].start;
    }
    return FRAME_NONE;
}

void frame_free(phys_t frame)
{
    uint64_t number = frame.raw / PAGE_SIZE;
    taken[number / 8] &= (uint8_t)~(1 << number % 8);
    taken_count--;
}

uint64_t frame_free_count(void)
{
    return frame_usable_count() - taken_count;
}
'''),
    Right("2.1", "a stack that is filled at the first call, frames from the top",
          body=r'''
static uint64_t top;                    /* the free frame on top, 0: none */
static uint64_t count;
static bool filled;

static void push(uint64_t frame)
{
    *(uint64_t *)phys_to_virt(phys(frame)) = top;
    top = frame;
    count++;
}

static void fill(void)
{
    if (filled)
        return;
    filled = true;
    for (unsigned i = 0; i < memory_region_count; i++)
        for (uint64_t at = memory_regions[i].start; at < memory_regions[i].end; at += PAGE_SIZE)
            push(at);
}

phys_t frame_alloc(void)
{
    fill();
    uint64_t frame = top;
    if (frame) {
        top = *(uint64_t *)phys_to_virt(phys(frame));
        count--;
        memset(phys_to_virt(phys(frame)), 0, PAGE_SIZE);
    }
    return phys(frame);
}

void frame_free(phys_t frame)
{
    push(frame.raw);
}

uint64_t frame_free_count(void)
{
    fill();
    return count;
}
'''),
    Right("2.2", "a recursive walk",
          body=r'''
static pte_t *walk(phys_t table, int at, uint64_t address, int level, bool create)
{
    pte_t *entry = &((pte_t *)phys_to_virt(table))[page_table_index(address, at)];
    if (at == level)
        return entry;
    if (!(*entry & PTE_P)) {
        if (!create)
            return NULL;
        phys_t made = frame_alloc();
        if (!made.raw)
            return NULL;
        *entry = made.raw + (address >> 63 ? PTE_P + PTE_W : PTE_P + PTE_W + PTE_U);
    }
    return *entry & PTE_PS ? NULL : walk(pte_frame(*entry), at - 1, address, level, create);
}

pte_t *page_table_walk(phys_t root, uint64_t address, int level, bool create)
{
    return walk(root, 4, address, level, create);
}
'''),
    Right("2.3", "the whole TLB instead of one page",
          body=r'''
int page_map(phys_t root, uint64_t address, phys_t frame, uint64_t flags)
{
    if ((address | frame.raw) & 0xFFF || !is_canonical(address))
        return -EINVAL;
    pte_t *large = page_table_walk(root, address, 2, false);
    pte_t *huge = page_table_walk(root, address, 3, false);
    if ((large && *large & PTE_P && *large & PTE_PS) || (huge && *huge & PTE_P && *huge & PTE_PS))
        return -EEXIST;
    pte_t *entry = page_table_walk(root, address, 1, true);
    if (!entry)
        return -ENOMEM;
    if (*entry & PTE_P)
        return -EEXIST;
    *entry = PTE_P | flags | frame.raw | PTE_A | PTE_D;
    return 0;
}

int page_unmap(phys_t root, uint64_t address, phys_t *frame)
{
    if (address & 0xFFF || !is_canonical(address))
        return -EINVAL;
    pte_t *entry = page_table_walk(root, address, 1, false);
    if (!entry || !(*entry & PTE_P))
        return -ENOENT;
    *frame = pte_frame(*entry);
    *entry &= ~(pte_t)PTE_P;
    write_cr3(read_cr3());
    return 0;
}
'''),
    Right("2.1", "first fit, from the first frame each time",
          body=r'''
#include <boot.h>
static uint8_t taken[1 << 20];

phys_t frame_alloc(void)
{
    for (unsigned region = 0; region < memory_region_count; region++)
        for (uint64_t at = memory_regions[region].start; at < memory_regions[region].end;
             at += PAGE_SIZE)
            if (!taken[at / PAGE_SIZE]) {
                taken[at / PAGE_SIZE] = 1;
                memset(phys_to_virt(phys(at)), 0, PAGE_SIZE);
                return phys(at);
            }
    return FRAME_NONE;
}

void frame_free(phys_t frame)
{
    taken[frame.raw / PAGE_SIZE] = 0;
}

uint64_t frame_free_count(void)
{
    uint64_t count = 0;
    for (unsigned region = 0; region < memory_region_count; region++)
        for (uint64_t at = memory_regions[region].start; at < memory_regions[region].end;
             at += PAGE_SIZE)
            count += !taken[at / PAGE_SIZE];
    return count;
}
'''),
]
