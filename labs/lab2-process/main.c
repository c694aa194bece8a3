/*
 * main.c - the kernel of lab 2: address spaces, stacks, processes. No ring 3
 * yet: processes are made, looked at and destroyed.
 */
#include <boot.h>
#include <console.h>
#include <cpu.h>
#include <errno.h>
#include <exercise.h>
#include <frame.h>
#include <gdt.h>
#include <machine.h>
#include <page_fault.h>
#include <page_table.h>
#include <process.h>
#include <stacks.h>
#include <string.h>
#include <tables.h>

#define CYCLES 700                  /* enough to hand out 64 MiB more than once */

/* The two highest pages of the kernel stacks' area: mapped for a moment only. */
#define PAGE_ONE (KERNEL_STACK_BASE + KERNEL_STACK_AREA - 2 * PAGE_SIZE)
#define PAGE_TWO (KERNEL_STACK_BASE + KERNEL_STACK_AREA - 1 * PAGE_SIZE)

static void require_frames(const char *id, uint64_t before)
{
    require(frame_free_count() == before, id, "%lu frames are free, before there were %lu",
            frame_free_count(), before);
}

static bool is_zeroed(const uint8_t *bytes)
{
    return bytes[0] == 0 && memcmp(bytes, bytes + 1, PAGE_SIZE - 1) == 0;
}

/* Take three frames and fill them, so that one that comes again unzeroed is seen. */
static void take_three(phys_t frames[3], bool again)
{
    for (int i = 0; i < 3; i++) {
        frames[i] = frame_alloc();
        require(frame_is_usable(frames[i]), "2.1", "%#lx is no usable frame", frames[i].raw);
        require(is_zeroed(phys_to_virt(frames[i])), "2.1", again ?
                "the frame %#lx was used and given back, and comes again not filled with zeroes" :
                "the frame %#lx is not filled with zeroes", frames[i].raw);
        memset(phys_to_virt(frames[i]), 0xFF, PAGE_SIZE);
    }
    require(frames[0].raw != frames[1].raw && frames[1].raw != frames[2].raw
            && frames[0].raw != frames[2].raw, "2.1", again ?
            "after three frames were given back one was handed out twice" :
            "a frame was handed out twice");
}

static void try_frames(void)
{
    uint64_t before = frame_free_count();
    printf("    %lu frames usable, %lu free\n", frame_usable_count(), before);
    require(before == frame_usable_count(), "2.1", "nothing was handed out, yet only %lu of %lu "
            "frames are free", before, frame_usable_count());

    phys_t frames[3];
    for (int round = 0; round < 2; round++) {
        take_three(frames, round > 0);
        require(frame_free_count() == before - 3, "2.1", "three frames are taken, so %lu should "
                "be free; frame_free_count() says %lu", before - 3, frame_free_count());
        for (int i = 0; i < 3; i++)
            frame_free(frames[i]);
        require(frame_free_count() == before, "2.1", "all frames were given back, so %lu should "
                "be free; frame_free_count() says %lu", before, frame_free_count());
    }
    printf("    three taken and given back: %lu free\n", frame_free_count());
}

static void try_walk(void)
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

static void try_map(void)
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
    require(error == -EEXIST, "2.3", "a large page maps %#lx, yet page_map() there gives %s, "
            "expected -EEXIST", PHYSICAL_MAP_BASE, error_name(error));
    error = page_unmap(kernel_page_table, PAGE_TWO, &unmapped);
    require(error == 0 && unmapped.raw == frame.raw, "2.3",
            "page_unmap() gives %d and frame %#lx, expected 0 and %#lx", error, unmapped.raw,
            frame.raw);
    require(!probe_read(PAGE_TWO), "2.3", "the page can still be read after page_unmap()");
    page_unmap(kernel_page_table, PAGE_ONE, &unmapped);
    frame_free(frame);
}

static void try_page_table(void)
{
    uint64_t before = frame_free_count();
    phys_t root = FRAME_NONE;
    pte_t *kernel = phys_to_virt(kernel_page_table);
    kernel[PTE_COUNT - 1] = kernel[PTE_COUNT / 2];  /* for now: otherwise the last ones are 0 */
    int error = create_user_page_table(&root);
    require(error == 0, "2.4", "create_user_page_table() gives %s", error_name(error));
    pte_t *user = phys_to_virt(root);
    for (int i = PTE_COUNT / 2; i < PTE_COUNT; i++)
        require(user[i] == kernel[i], "2.4", "entry %d of the new PML4 is %#lx, the kernel's "
                "is %#lx", i, user[i], kernel[i]);
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

/* Read each page of a stack, and the guard page below it. */
static void try_stack(uint64_t top, uint64_t size)
{
    for (uint64_t page = top - size; page < top; page += PAGE_SIZE)
        require(probe_read(page), "2.5", "%#lx, a page of the stack below %#lx, cannot be read",
                page, top);
    require(!probe_read(top - size - 1), "2.5", "the guard page below the stack at %#lx is mapped",
            top - size);
}

/* Kernel stacks lie in slots: a page that stays unmapped, then the stack. */
static void require_slot(uint64_t top)
{
    uint64_t bottom = top - KERNEL_STACK_SIZE;
    uint64_t slot = (bottom - KERNEL_STACK_BASE) / KERNEL_STACK_SLOT;
    uint64_t expected = KERNEL_STACK_BASE + slot * KERNEL_STACK_SLOT + PAGE_SIZE;
    require(slot < KERNEL_STACK_SLOTS, "2.5", "the kernel stack below %#lx lies in none of the "
            "slots, which begin at %#lx", top, KERNEL_STACK_BASE);
    require(bottom == expected, "2.5", "kernel stack %lu begins at %#lx, expected %#lx: the first "
            "page of its slot must stay unmapped", slot, bottom, expected);
}

static void try_stacks(void)
{
    uint64_t before = frame_free_count(), kernel_stack = 0, user_stack = 0;
    int error = allocate_kernel_stack(&kernel_stack);
    require(error == 0, "2.5", "allocate_kernel_stack() gives %s", error_name(error));
    printf("    kernel stack: 16 KiB below %#lx\n", kernel_stack);
    require_slot(kernel_stack);
    try_stack(kernel_stack, KERNEL_STACK_SIZE);

    phys_t root;
    require(create_user_page_table(&root) == 0, "2.5", "no page table for the user stack");
    error = allocate_user_stack(root, &user_stack);
    require(error == 0, "2.5", "allocate_user_stack() gives %s", error_name(error));
    printf("    user stack: 64 KiB below %#lx\n", user_stack);
    require(user_stack == USER_STACK_TOP, "2.5", "the user stack's top is %#lx, expected %#lx",
            user_stack, USER_STACK_TOP);
    write_cr3(root.raw);
    try_stack(user_stack, USER_STACK_SIZE);
    write_cr3(kernel_page_table.raw);

    destroy_user_page_table(root);
    free_kernel_stack(kernel_stack);
    require_frames("2.5", before);
}

static void try_processes(void)
{
    uint64_t before = frame_free_count();
    for (pid_t expected = 1; expected <= 3; expected++) {
        pid_t pid = create_process(USER_PROGRAM_BASE);
        require(pid == expected, "2.6", "create_process() gives %d, expected PID %d", pid,
                expected);
        require(process_find(pid) != NULL, "2.6", "PID %d is not in the process table", pid);
    }
    process_table_print();
    struct process *first = process_find(1);
    const struct trap_frame *registers = &first->registers;
    require(registers->rip == USER_PROGRAM_BASE
                && registers->rsp == USER_STACK_TOP - ARGUMENT_BLOCK_SIZE,
            "2.6", "PID 1 would start at rip %#lx with rsp %#lx, expected %#x and %#lx",
            registers->rip, registers->rsp, USER_PROGRAM_BASE,
            USER_STACK_TOP - ARGUMENT_BLOCK_SIZE);
    require(registers->cs == SELECTOR_USER_CODE && registers->ss == SELECTOR_USER_DATA, "2.6",
            "PID 1 would start with CS %#lx and SS %#lx, expected %#x and %#x",
            registers->cs, registers->ss, SELECTOR_USER_CODE, SELECTOR_USER_DATA);
    require(registers->rflags == (RFLAGS_RESERVED | RFLAGS_IF), "2.6",
            "PID 1 would start with RFLAGS %#lx, expected %#x: IF set, IOPL 0",
            registers->rflags, RFLAGS_RESERVED | RFLAGS_IF);
    write_cr3(first->page_table.raw);
    probe_read(first->user_stack - USER_STACK_SIZE - 1);
    write_cr3(kernel_page_table.raw);
    for (pid_t pid = 1; pid <= 3; pid++)
        require(destroy_process(pid) == 0, "2.6", "destroy_process(%d) fails", pid);
    require_frames("2.6", before);

    for (int i = 0; i < CYCLES; i++) {
        pid_t pid = create_process(USER_PROGRAM_BASE);
        require(pid > 0, "2.6", "create_process() gives %s in cycle %d", error_name(pid), i);
        destroy_process(pid);
    }
    printf("    %d more created and destroyed: %lu frames free, before there were %lu\n",
           CYCLES, frame_free_count(), before);
    require_frames("2.6", before);
}

_Noreturn void kmain(void)
{
    printf("Ringstep lab 2: address spaces, stacks, processes\n");
    tables_init();
    page_fault_init();

    exercise("2.1", "frame_alloc, frame_free");
    try_frames();
    exercise("2.2", "page_table_walk");
    try_walk();
    exercise("2.3", "page_map, page_unmap");
    try_map();
    exercise("2.4", "create_user_page_table, destroy_user_page_table");
    try_page_table();
    exercise("2.5", "allocate_kernel_stack, allocate_user_stack");
    try_stacks();
    exercise("2.6", "create_process, destroy_process");
    try_processes();

    printf("Lab 2 is complete. Go on in labs/lab3-ring3.\n");
    machine_off(MACHINE_DONE);
}
