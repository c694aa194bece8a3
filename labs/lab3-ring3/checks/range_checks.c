/*
 * range_checks.c - exercise 3.4: what ring 3 may read, and what of it is written.
 */
#include <call_checks.h>
#include <console.h>
#include <errno.h>
#include <exercise.h>
#include <format.h>
#include <frame.h>
#include <page_table.h>
#include <schedule.h>
#include <string.h>
#include <syscall.h>

/* Three pages; one for ring 0; a page with none behind it and then another one. */
#define PAGES   (USER_PROGRAM_BASE + 0x100000)
#define KERNELS (PAGES + 3 * PAGE_SIZE)
#define HOLE    (PAGES + 16 * PAGE_SIZE)
#define LAST    (USER_HALF_END - PAGE_SIZE)
#define SIZE    (3 * PAGE_SIZE)

/* Another entry of the PML4 for each level whose table is not ring 3's. */
static uint64_t closed(int level)
{
    return (uint64_t)(100 + level) << 39 | 1UL << 30 | 1UL << 21 | 1UL << 12;
}

static uint8_t *map(uint64_t address, pte_t flags)
{
    phys_t frame = frame_alloc();
    int error = page_map(tried->page_table, address, frame, flags);
    require(error == 0, "2.3", "page_map(…, %#lx, …) gives %s", address, error_name(error));
    for (int level = 4; level > 1 && flags & PTE_U; level--)
        require(*page_table_walk(tried->page_table, address, level, false) & PTE_U, "2.2",
                "for %#lx the entry at level %d lacks PTE_U, so ring 3 can use nothing below it",
                address, level);
    return phys_to_virt(frame);
}

/* Bytes of all values, and zeroes among them. */
static void fill(uint8_t *page, unsigned number)
{
    for (unsigned i = 0; i < PAGE_SIZE; i++)
        page[i] = (uint8_t)(i * 7 + number * 13);
}

static uint8_t *pages[3];

static void map_all(void)
{
    memcpy(map(TRIED_ENTRY, PTE_U), "\x0F\x0B", 2); /* ud2 */
    for (unsigned i = 0; i < 3; i++) {
        pages[i] = map(PAGES + i * PAGE_SIZE, PTE_U | PTE_NX);
        fill(pages[i], i);
    }
    map(KERNELS, PTE_W | PTE_NX);
    map(HOLE, PTE_U | PTE_NX);
    map(HOLE + 2 * PAGE_SIZE, PTE_U | PTE_NX);
    map(LAST, PTE_U | PTE_NX);
    for (int level = 2; level <= 4; level++) {
        map(closed(level), PTE_U | PTE_NX);
        *page_table_walk(tried->page_table, closed(level), level, false) &= ~(pte_t)PTE_U;
    }
}

static const struct {
    uint64_t address, length;
    const char *why; /* it is to be refused; NULL: it is not */
} ranges[] = {
    { PAGES, 1, NULL },
    { PAGES, SIZE, NULL },
    { PAGES + PAGE_SIZE - 1, 2, NULL },
    { LAST, PAGE_SIZE, NULL },
    { PAGES, 0, NULL },
    { 1, 0, NULL },
    { KERNEL_BASE + 1, 0, NULL },
    { 0, 1, "nothing is mapped there" },
    { PAGES - 1, 2, "the first byte is not mapped" },
    { PAGES, SIZE + 1, "the last byte is ring 0's" },
    { KERNELS, 1, "the page is ring 0's" },
    { HOLE, SIZE, "the second of three pages is not mapped" },
    { KERNEL_BASE, 1, "that is the kernel's" },
    { PHYSICAL_MAP_BASE, 1, "that is the kernel's" },
    { KERNEL_HALF_START - 1, 1, "the address is not canonical" },
    { PAGES | 1UL << 63, 1, "the address is not canonical" },
    { PAGES | 1UL << 48, 1, "the address is not canonical" },
    { LAST + 1, PAGE_SIZE, "it ends behind the user half" },
    { LAST, 0 - LAST, "it ends behind the user half" },
    { PAGES, 0 - PAGES, "address + length wraps around" },
    { PAGES + 1, UINT64_MAX, "address + length wraps around" },
};
#define RANGES (sizeof ranges / sizeof *ranges)

static void try_range(uint64_t address, uint64_t length, const char *why)
{
    int error = user_range_check(tried->page_table, address, length);
    require(!why || error == -EFAULT, "3.4",
            "user_range_check(…, %#lx, %#lx) gives %s, expected -EFAULT: %s", address, length,
            error ? error_name(error) : "0", why);
    require(why || error == 0, "3.4", "user_range_check(…, %#lx, %#lx) gives %s, expected 0: %s",
            address, length, error_name(error),
            length ? "all of it is ring 3's" : "no byte is to be read");
}

static void try_ranges(void)
{
    char why[80];
    uint64_t before = frame_free_count();
    for (unsigned i = 0; i < RANGES; i++)
        try_range(ranges[i].address, ranges[i].length, ranges[i].why);
    for (int level = 2; level <= 4; level++) {
        pte_t *entry = page_table_walk(tried->page_table, closed(level), level, false);
        pte_t is = *entry;
        snprintf(why, sizeof why, "its entry at level %d lacks PTE_U", level);
        try_range(closed(level), 1, why);
        require(*entry == is, "3.4", "user_range_check() has changed an entry: its PTE_U is %s now",
                *entry & PTE_U ? "set" : "clear");
    }
    require(frame_free_count() == before, "3.4",
            "user_range_check() has taken %lu frames: no table is to be made",
            before - frame_free_count());
}

/* What must be written is what the pages hold. */
static void require_written(int fd, uint64_t address, uint64_t length, int64_t expected)
{
    const char *text;
    console_take();
    int64_t result = sys_write(fd, address, length);
    size_t size = console_give(&text);
    char is[RESULT_SIZE], must[RESULT_SIZE];
    require(result == expected, "3.4", "sys_write(%d, %#lx, %#lx) gives %s, expected %s", fd,
            address, length, result_text(is, result), result_text(must, expected));
    require(expected >= 0 || memcmp(text, "    #", 5) != 0, "3.4",
            "sys_write(%d, %#lx, %#lx) is refused by a fault in copy_from_user() only: the range "
            "was not checked",
            fd, address, length);
    require(expected >= 0 || size == 0, "3.4",
            "sys_write(%d, %#lx, %#lx) gives %ld, and has written %zu bytes", fd, address, length,
            result, size);
    if (expected < 0)
        return;
    require(size == (size_t)expected, "3.4",
            "sys_write(%d, %#lx, %#lx) gives %ld and has written %zu bytes", fd, address, length,
            result, size);
    for (size_t i = 0; i < size; i++) {
        uint64_t at = address - PAGES + i;
        require((uint8_t)text[i] == pages[at / PAGE_SIZE][at % PAGE_SIZE], "3.4",
                "sys_write(%d, %#lx, %#lx) has written other bytes from number %zu on", fd, address,
                length, i);
    }
}

static void try_writes(void)
{
    static const int others[] = { 0, 3, -1, 1 << 16 };
    for (unsigned i = 0; i < sizeof others / sizeof *others; i++)
        for (uint64_t length = 0; length <= 5; length += 5)
            require_written(others[i], PAGES, length, -EBADF);
    for (int fd = 1; fd <= 2; fd++)
        require_written(fd, PAGES + PAGE_SIZE - 3, 100, 100);
    require_written(1, PAGES, 0, 0);
    require_written(1, PAGES, WRITE_MAX, WRITE_MAX);
    require_written(1, PAGES + 1, 2 * WRITE_MAX, WRITE_MAX);
    require_written(1, PAGES, 1UL << 40, WRITE_MAX);
    require_written(1, PAGES, USER_HALF_END - PAGES, WRITE_MAX);
    require_written(1, PAGES, USER_HALF_END - PAGES + 1, -EFAULT);
    require_written(1, HOLE + PAGE_SIZE - 1, 2, -EFAULT);
    for (unsigned i = 0; i < RANGES; i++) /* of a longer one the first WRITE_MAX bytes count */
        if (ranges[i].why && (ranges[i].length <= WRITE_MAX || ranges[i].length > USER_HALF_END))
            require_written(1, ranges[i].address, ranges[i].length, -EFAULT);
}

void range_checks(void)
{
    map_all();
    try_ranges();
    process_activate(tried);
    try_writes();
}
