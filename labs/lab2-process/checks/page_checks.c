/*
 * page_checks.c - exercises 2.3 and 2.4: pages are mapped, address spaces are made.
 */
#include <boot.h>
#include <console.h>
#include <cpu.h>
#include <errno.h>
#include <exercise.h>
#include <format.h>
#include <frame.h>
#include <page_fault.h>
#include <page_table.h>
#include <process_checks.h>
#include <string.h>

/* The two highest pages of the kernel stacks' area: mapped only for a moment. */
#define PAGE_ONE (KERNEL_STACK_BASE + KERNEL_STACK_AREA - 2 * PAGE_SIZE)
#define PAGE_TWO (KERNEL_STACK_BASE + KERNEL_STACK_AREA - 1 * PAGE_SIZE)

/* ---- 2.3 ---- */

const char *describe_entry(char text[ENTRY_SIZE], pte_t entry)
{
    pte_t others = entry & ~(pte_t)(PTE_ADDRESS | PTE_P | PTE_W | PTE_U | PTE_NX);
    if (!(entry & PTE_P))
        snprintf(text, ENTRY_SIZE, "%#lx, not present", entry);
    else
        snprintf(text, ENTRY_SIZE, "%#lx, %s, ring %s%s", pte_frame(entry).raw,
                 entry & PTE_W ? "writable" : "read-only", entry & PTE_U ? "3 and 0" : "0 only",
                 entry & PTE_NX ? ", no execution" : "");
    size_t used = strlen(text);
    if (entry & PTE_P && others)
        snprintf(text + used, ENTRY_SIZE - used, ", other bits %#lx", others);
    return text;
}

static void require_entry(phys_t root, uint64_t address, pte_t expected)
{
    char text[ENTRY_SIZE], must[ENTRY_SIZE];
    const pte_t *entry = page_table_walk(root, address, 1, false);
    pte_t is = entry ? written(*entry) : 0;
    require(is == expected, "2.3", "the entry of the page %#lx is \"%s\", expected \"%s\"", address,
            describe_entry(text, is), describe_entry(must, expected));
}

static void try_bad_addresses(phys_t frame)
{
    static const uint64_t addresses[] = { PAGE_ONE + 8, USER_HALF_END,
                                          KERNEL_HALF_START - PAGE_SIZE };
    phys_t unmapped;
    for (unsigned i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        int error = page_map(kernel_page_table, addresses[i], frame, PTE_NX);
        require_error(error, -EINVAL, "2.3", "page_map(…, %#lx, …)", addresses[i]);
        error = page_unmap(kernel_page_table, addresses[i], &unmapped);
        require_error(error, -EINVAL, "2.3", "page_unmap(…, %#lx, …)", addresses[i]);
    }
    int error = page_map(kernel_page_table, PAGE_TWO, phys(frame.raw + 8), PTE_NX);
    require_error(error, -EINVAL, "2.3", "page_map() of the frame %#lx", frame.raw + 8);
}

/* In a separate page table, an entry of level 3 or 2 maps a large page. */
static void try_large_page(phys_t frame, int level)
{
    phys_t root = frame_alloc(), unmapped;
    pte_t *large = page_table_walk(root, USER_PROGRAM_BASE, level, true);
    *large = PTE_P | PTE_PS;
    int error = page_map(root, USER_PROGRAM_BASE, frame, PTE_NX);
    require_error(error, -EEXIST, "2.3", "page_map() where a page of %s is mapped",
                  level == 3 ? "1 GiB" : "2 MiB");
    error = page_unmap(root, USER_PROGRAM_BASE, &unmapped);
    require_error(error, -ENOENT, "2.3", "page_unmap() of a page within %s",
                  level == 3 ? "1 GiB" : "2 MiB");
    require(*large == (PTE_P | PTE_PS), "2.3", "the entry of a page of %s is %#lx, it was %#x",
            level == 3 ? "1 GiB" : "2 MiB", *large, PTE_P | PTE_PS);
    for (int above = level + 1; above <= 4; above++)
        frame_free(pte_frame(*page_table_walk(root, USER_PROGRAM_BASE, above, false)));
    frame_free(root);
}

/* In the page table that it is given, which is not the one in CR3. */
static void try_other_root(void)
{
    phys_t root = frame_alloc(), frame = frame_alloc(), unmapped;
    int error = page_map(root, USER_PROGRAM_BASE, frame, PTE_NX);
    require_error(error, 0, "2.3", "page_map() in a page table that is not in CR3");
    require(!page_table_walk(kernel_page_table, USER_PROGRAM_BASE, 1, false), "2.3",
            "page_map() was given the page table at %#lx, and has changed the one in CR3",
            root.raw);
    require_entry(root, USER_PROGRAM_BASE, frame.raw | PTE_P | PTE_NX);
    error = page_unmap(root, USER_PROGRAM_BASE, &unmapped);
    require_error(error, 0, "2.3", "page_unmap() in a page table that is not in CR3");
    for (int level = 2; level <= 4; level++)
        frame_free(pte_frame(*page_table_walk(root, USER_PROGRAM_BASE, level, false)));
    frame_free(root);
    frame_free(frame);
}

/* A page that was unmapped and mapped again shows what is mapped now, in the user half,
 * too. Its address space is in CR3. */
static void try_again(phys_t root, uint64_t address)
{
    phys_t frame = frame_alloc(), unmapped;
    volatile const uint64_t *word = (const uint64_t *)address;
    uint64_t before = *word;
    *(uint64_t *)phys_to_virt(frame) = ~before;
    int error = page_unmap(root, address, &unmapped);
    require_error(error, 0, "2.3", "page_unmap(…, %#lx, …)", address);
    error = page_map(root, address, frame, PTE_NX);
    require_error(error, 0, "2.3", "page_map(…, %#lx, …)", address);
    require(*word == ~before, "2.3",
            "%#lx was unmapped and then mapped to another frame, and the processor still reads "
            "the first one: its TLB was not told",
            address);
    frame_free(unmapped);
}

void try_map(void)
{
    uint64_t before = frame_free_count();
    phys_t frame = frame_alloc(), other = frame_alloc(), unmapped = FRAME_NONE;
    int error = page_map(kernel_page_table, PAGE_ONE, frame, PTE_W | PTE_NX);
    require(error == 0, "2.3", "page_map() of a free page gives %s", error_name(error));
    error = page_map(kernel_page_table, PAGE_TWO, frame, PTE_NX);
    require(error == 0, "2.3", "page_map() of a second page gives %s", error_name(error));
    static const char text[] = "written through one mapping";
    memcpy((char *)PAGE_ONE, text, sizeof text);
    printf("    \"%s\", read through another\n", (const char *)PAGE_TWO);
    require(strcmp((char *)PAGE_ONE, (char *)PAGE_TWO) == 0, "2.3",
            "the two pages do not show the same frame");
    require_entry(kernel_page_table, PAGE_ONE, frame.raw | PTE_P | PTE_W | PTE_NX);
    require_entry(kernel_page_table, PAGE_TWO, frame.raw | PTE_P | PTE_NX);
    error = page_map(kernel_page_table, PAGE_ONE, other, PTE_NX);
    require(error == -EEXIST, "2.3", "mapping a mapped page gives %s, expected -EEXIST",
            error_name(error));
    require_entry(kernel_page_table, PAGE_ONE, frame.raw | PTE_P | PTE_W | PTE_NX);
    error = page_map(kernel_page_table, PHYSICAL_MAP_BASE, frame, PTE_NX);
    require(error == -EEXIST, "2.3",
            "a large page maps %#lx, yet page_map() there gives %s, expected -EEXIST",
            PHYSICAL_MAP_BASE, error_name(error));
    error = page_unmap(kernel_page_table, PAGE_TWO, &unmapped);
    require(error == 0 && unmapped.raw == frame.raw, "2.3",
            "page_unmap() gives %d and frame %#lx, expected 0 and %#lx", error, unmapped.raw,
            frame.raw);
    require(!probe_read(PAGE_TWO), "2.3", "the page can still be read after page_unmap()");
    require_entry(kernel_page_table, PAGE_ONE, frame.raw | PTE_P | PTE_W | PTE_NX);
    error = page_unmap(kernel_page_table, PAGE_TWO, &unmapped);
    require_error(error, -ENOENT, "2.3", "page_unmap() of a page that is not mapped");
    try_bad_addresses(frame);
    page_unmap(kernel_page_table, PAGE_ONE, &unmapped);
    frame_free(frame);
    frame_free(other);
    try_other_root();
    try_large_page(frame, 2);
    try_large_page(frame, 3);
    require_frames("2.3", before);
}

/* ---- 2.4 ---- */

/* Other pages in the user half, a table for each. */
static void map_far_pages(phys_t root)
{
    static const struct {
        uint64_t entry, below, flags;
    } pages[] = { { 1, 0, PTE_NX },
                  { 100, 0, PTE_U | PTE_W | PTE_NX },
                  { 254, (1UL << 39) - PAGE_SIZE, PTE_U | PTE_NX } };
    for (unsigned i = 0; i < sizeof pages / sizeof *pages; i++) {
        int error = page_map(root, pages[i].entry << 39 | pages[i].below, frame_alloc(),
                             pages[i].flags);
        require(error == 0, "2.4", "page_map() in the new page table gives %s", error_name(error));
    }
}

/* For this test the kernel's PML4 has something in each entry that must be copied, and in
 * one that must not; otherwise most of them are 0. */
static phys_t create_among_marks(void)
{
    pte_t *kernel = phys_to_virt(kernel_page_table);
    kernel[PTE_COUNT - 1] = kernel[PTE_COUNT / 2];
    kernel[PTE_COUNT / 2 - 1] = PTE_W;
    phys_t root = FRAME_NONE;
    int error = create_user_page_table(&root);
    require(error == 0, "2.4", "create_user_page_table() gives %s", error_name(error));
    require(root.raw != kernel_page_table.raw, "2.4",
            "create_user_page_table() gives the kernel's own page table");
    pte_t *user = phys_to_virt(root);
    for (int i = 0; i < PTE_COUNT; i++) {
        char text[ENTRY_SIZE], must[ENTRY_SIZE];
        pte_t expected = i < PTE_COUNT / 2 ? 0 : kernel[i];
        require(user[i] == expected, "2.4",
                "entry %d of the new PML4, of the %s half, is \"%s\", expected \"%s\"%s", i,
                expected ? "kernel's" : "user", describe_entry(text, user[i]),
                describe_entry(must, expected), expected ? ", as in the kernel's PML4" : "");
    }
    user[PTE_COUNT - 1] = kernel[PTE_COUNT - 1] = kernel[PTE_COUNT / 2 - 1] = 0;
    return root;
}

void try_page_table(void)
{
    uint64_t before = frame_free_count();
    phys_t root = create_among_marks(), other;
    require(create_user_page_table(&other) == 0 && other.raw != root.raw, "2.4",
            "two page tables are one");
    int error = page_map(root, USER_PROGRAM_BASE, frame_alloc(), PTE_U | PTE_NX);
    require(error == 0, "2.4", "page_map() in the new page table gives %s", error_name(error));
    require(!page_table_walk(other, USER_PROGRAM_BASE, 1, false), "2.4",
            "a page that was mapped in one page table is mapped in another one, too");
    map_far_pages(root);
    write_cr3(root.raw);
    printf("    CR3 is %#lx, and the kernel still prints\n", read_cr3());
    require(probe_read(USER_PROGRAM_BASE), "2.4", "the page mapped in it cannot be read");
    try_again(root, 1UL << 39);
    write_cr3(kernel_page_table.raw);
    destroy_user_page_table(root);
    destroy_user_page_table(other);
    require(frame_free_count() == before, "2.4",
            "%ld frames are missing: of two page tables, 2 PML4s, 12 tables below them and 4 pages",
            (int64_t)(before - frame_free_count()));
    require_frames("2.4", before);
    printf("    CR3 is %#lx again, all frames are back: %lu free\n", read_cr3(),
           frame_free_count());
}
