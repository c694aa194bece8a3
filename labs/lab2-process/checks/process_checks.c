/*
 * process_checks.c - exercises 2.5 and 2.6: stacks and processes come and go.
 */
#include <boot.h>
#include <console.h>
#include <cpu.h>
#include <errno.h>
#include <exercise.h>
#include <frame.h>
#include <gdt.h>
#include <page_fault.h>
#include <page_table.h>
#include <process.h>
#include <process_checks.h>
#include <stacks.h>

#define CYCLES 700 /* enough to hand out 64 MiB more than once */

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
    require(slot < KERNEL_STACK_SLOTS, "2.5",
            "the kernel stack below %#lx lies in none of the slots, which begin at %#lx", top,
            KERNEL_STACK_BASE);
    require(bottom == expected, "2.5",
            "kernel stack %lu begins at %#lx, expected %#lx: "
            "the first page of its slot must stay unmapped",
            slot, bottom, expected);
}

void try_stacks(void)
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

void try_processes(void)
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
            "PID 1 would start with CS %#lx and SS %#lx, expected %#x and %#x", registers->cs,
            registers->ss, SELECTOR_USER_CODE, SELECTOR_USER_DATA);
    require(registers->rflags == (RFLAGS_RESERVED | RFLAGS_IF), "2.6",
            "PID 1 would start with RFLAGS %#lx, expected %#x: IF set, IOPL 0", registers->rflags,
            RFLAGS_RESERVED | RFLAGS_IF);
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
    printf("    %d more created and destroyed: %lu frames free, before there were %lu\n", CYCLES,
           frame_free_count(), before);
    require_frames("2.6", before);
}
