/*
 * Exercise 2.6: create_process, destroy_process
 *
 * create_process
 * In:  entry_point   where the program will start
 * Out: a PID; −EINVAL when the entry point is not below USER_PROGRAM_END;
 *      −ENOMEM, −EAGAIN. Six steps, in this order:
 *        1. take a PID                   process_new()
 *        2. make the page table          create_user_page_table()
 *        3. allocate the kernel stack    allocate_kernel_stack()
 *        4. allocate the user stack      allocate_user_stack()
 *        5. fill in the registers: RIP, CS, RFLAGS (interrupts on, IOPL 0),
 *           RSP (ARGUMENT_BLOCK_SIZE below the top of the user stack), SS
 *        6. enter the process table      process_enter()
 *      When one of them fails, what the earlier ones did is undone.
 *
 * destroy_process
 * In:  pid
 * Out: 0, the process is gone and every frame that it had is free; −ESRCH
 *
 * RFLAGS: SDM volume 1, 3.4.3. Selectors: <gdt.h>; flags: <cpu.h>.
 * Check: make grade ONLY=2.6
 */
#include <cpu.h>
#include <errno.h>
#include <exercise.h>
#include <gdt.h>
#include <page_table.h>
#include <process.h>
#include <stacks.h>

pid_t create_process(uint64_t entry_point)
{
    /* SOLUTION */
    int error;
    if (entry_point >= USER_PROGRAM_END)
        return -EINVAL;

    struct process *process = process_new();
    if (!process)
        return -ENOMEM;
    error = create_user_page_table(&process->page_table);
    if (error)
        goto no_page_table;
    error = allocate_kernel_stack(&process->kernel_stack);
    if (error)
        goto no_kernel_stack;
    error = allocate_user_stack(process->page_table, &process->user_stack);
    if (error)
        goto no_user_stack;
    process->registers.rip = entry_point;
    process->registers.rsp = process->user_stack - ARGUMENT_BLOCK_SIZE;
    process->registers.cs = SELECTOR_USER_CODE;
    process->registers.ss = SELECTOR_USER_DATA;
    process->registers.rflags = RFLAGS_RESERVED | RFLAGS_IF;
    process_enter(process);
    return process->pid;

no_user_stack:
    free_kernel_stack(process->kernel_stack);
no_kernel_stack:
    destroy_user_page_table(process->page_table);
no_page_table:
    process_discard(process);
    return error;
    /* END SOLUTION */
}

int destroy_process(pid_t pid)
{
    /* SOLUTION */
    struct process *process = process_find(pid);
    if (!process)
        return -ESRCH;
    process_remove(process);
    free_kernel_stack(process->kernel_stack);
    destroy_user_page_table(process->page_table);
    process_discard(process);
    return 0;
    /* END SOLUTION */
}
