/*
 * page_checks.c - exercises 2.2 to 2.4: page tables are walked, changed and made.
 */
#include <boot.h>
#include <console.h>
#include <cpu.h>
#include <errno.h>
#include <exercise.h>
#include <frame.h>
#include <page_fault.h>
#include <page_table.h>
#include <process_checks.h>
#include <string.h>

/* The two highest pages of the kernel stacks' area: mapped for a moment only. */
#define PAGE_ONE (KERNEL_STACK_BASE + KERNEL_STACK_AREA - 2 * PAGE_SIZE)
#define PAGE_TWO (KERNEL_STACK_BASE + KERNEL_STACK_AREA - 1 * PAGE_SIZE)

void try_walk(void)
{
    uint64_t address = (uint64_t)kmain;
    printf("    the walk of %#lx, kmain():\n", address);
    page_table_print_walk(kernel_page_table, address);
    pte_t *entry = page_table_walk(kernel_page_table, address, 1, false);
    uint64_t expected = align_down(address, PAGE_SIZE) - KERNEL_BASE + KERNEL_LOAD_ADDRESS;
    require(entry != NULL, "2.2", "kmain()'s page is mapped, yet the walk gives NULL");
    require(pte_frame(*entry).raw == expected, "2.2", "the walk ends at frame %#lx, expected %#lx",
            pte_frame(*entry).raw, expected);
    require(!page_table_walk(kernel_page_table, USER_PROGRAM_BASE, 1, false), "2.2",
            "nothing is mapped at %#x, yet the walk gives an entry", USER_PROGRAM_BASE);
    require(!page_table_walk(kernel_page_table, PHYSICAL_MAP_BASE, 1, false), "2.2",
            "a large page maps %#lx, yet the walk goes on below it", PHYSICAL_MAP_BASE);
}

void try_map(void)
{
    phys_t frame = frame_alloc(), unmapped = FRAME_NONE;
    int error = page_map(kernel_page_table, PAGE_ONE, frame, PTE_W | PTE_NX);
    require(error == 0, "2.3", "page_map() of a free page gives %s", error_name(error));
    error = page_map(kernel_page_table, PAGE_TWO, frame, PTE_NX);
    require(error == 0, "2.3", "page_map() of a second page gives %s", error_name(error));
    static const char text[] = "written through one mapping";
    memcpy((char *)PAGE_ONE, text, sizeof text);
    printf("    \"%s\", read through another\n", (const char *)PAGE_TWO);
    require(strcmp((char *)PAGE_ONE, (char *)PAGE_TWO) == 0, "2.3",
            "the two pages do not show the same frame");
    error = page_map(kernel_page_table, PAGE_ONE, frame, PTE_NX);
    require(error == -EEXIST, "2.3", "mapping a mapped page gives %s, expected -EEXIST",
            error_name(error));
    error = page_map(kernel_page_table, PHYSICAL_MAP_BASE, frame, PTE_NX);
    require(error == -EEXIST, "2.3",
            "a large page maps %#lx, yet page_map() there gives %s, expected -EEXIST",
            PHYSICAL_MAP_BASE, error_name(error));
    error = page_unmap(kernel_page_table, PAGE_TWO, &unmapped);
    require(error == 0 && unmapped.raw == frame.raw, "2.3",
            "page_unmap() gives %d and frame %#lx, expected 0 and %#lx", error, unmapped.raw,
            frame.raw);
    require(!probe_read(PAGE_TWO), "2.3", "the page can still be read after page_unmap()");
    page_unmap(kernel_page_table, PAGE_ONE, &unmapped);
    frame_free(frame);
}

void try_page_table(void)
{
    uint64_t before = frame_free_count();
    phys_t root = FRAME_NONE;
    pte_t *kernel = phys_to_virt(kernel_page_table);
    kernel[PTE_COUNT - 1] = kernel[PTE_COUNT / 2]; /* for now: otherwise the last ones are 0 */
    int error = create_user_page_table(&root);
    require(error == 0, "2.4", "create_user_page_table() gives %s", error_name(error));
    pte_t *user = phys_to_virt(root);
    for (int i = PTE_COUNT / 2; i < PTE_COUNT; i++)
        require(user[i] == kernel[i], "2.4",
                "entry %d of the new PML4 is %#lx, the kernel's is %#lx", i, user[i], kernel[i]);
    user[PTE_COUNT - 1] = kernel[PTE_COUNT - 1] = 0;
    error = page_map(root, USER_PROGRAM_BASE, frame_alloc(), PTE_U | PTE_NX);
    require(error == 0, "2.4", "page_map() in the new page table gives %s", error_name(error));
    write_cr3(root.raw);
    printf("    CR3 is %#lx, and the kernel still prints\n", read_cr3());
    require(probe_read(USER_PROGRAM_BASE), "2.4", "the page mapped in it cannot be read");
    write_cr3(kernel_page_table.raw);
    destroy_user_page_table(root);
    require_frames("2.4", before);
    printf("    CR3 is %#lx again, all frames are back: %lu free\n", read_cr3(),
           frame_free_count());
}
