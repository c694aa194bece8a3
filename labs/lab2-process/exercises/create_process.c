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
    todo("2.6");
}

int destroy_process(pid_t pid)
{
    todo("2.6");
}
