/*
 * schedule.c - from one process to the next, always by way of the boot stack.
 *
 * A process may end while the kernel stands on its kernel stack and in its
 * page table. Neither can be freed from there: so schedule() leaves both first.
 */
#include <boot.h>
#include <console.h>
#include <cpu.h>
#include <exercise.h>
#include <schedule.h>
#include <tss.h>

static struct process *current;

struct process *current_process(void)
{
    return current;
}

static void destroy_the_dead(void)
{
    struct process *process = process_first();
    while (process) {
        struct process *next = process->next;
        if (process->state == PROCESS_DEAD)
            destroy_process(process->pid);
        process = next;
    }
}

static struct process *next_to_run(void)
{
    struct process *process = process_first();
    while (process && process->state != PROCESS_READY && process->state != PROCESS_RUNNING)
        process = process->next;
    return process;
}

/* Activate the process, and see that the processor would find its way back. */
static void activate(struct process *process)
{
    process_activate(process);
    require(read_cr3() == process->page_table.raw, "3.1", "CR3 is %#lx, expected %#lx, the page "
            "table of PID %d", read_cr3(), process->page_table.raw, process->pid);
    require(tss_rsp0() == process->kernel_stack, "3.1", "RSP0 is %#lx, expected %#lx, the top of "
            "the kernel stack of PID %d", tss_rsp0(), process->kernel_stack, process->pid);
}

static _Noreturn void run_next(void)
{
    destroy_the_dead();
    struct process *next = next_to_run();
    if (!next)
        all_processes_ended();
    current = next;
    activate(next);
    if (next->state == PROCESS_RUNNING)
        trap_return(&next->registers);

    next->state = PROCESS_RUNNING;
    printf("PID %d starts at %#lx: CR3 %#lx, RSP0 %#lx\n", next->pid,
           next->registers.rip, read_cr3(), tss_rsp0());
    jump_to_usermode(next->registers.rip, next->registers.rsp);
}

_Noreturn void schedule(void)
{
    current = NULL;
    write_cr3(kernel_page_table.raw);
    boot_stack_call(run_next);
}

_Noreturn void process_end(struct process *process)
{
    process->state = PROCESS_DEAD;
    schedule();
}
