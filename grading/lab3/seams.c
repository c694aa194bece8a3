/*
 * seams.c - what later labs set: a system call of their own, who runs next, and what
 * becomes of a process that has ended. tests/test_ring3.py reads it.
 */
#include <lab3.h>
#include <syscall.h>

#define SYS_TWICE 200 /* no exercise knows it */

/* mov eax, SYS_TWICE; int 0x80; mov edi, eax; mov eax, SYS_EXIT; int 0x80 */
static const uint8_t program[] = { 0xB8, SYS_TWICE, 0, 0, 0, 0xCD, SYSCALL_VECTOR, 0x89, 0xC7,
                                   0xB8, SYS_EXIT,  0, 0, 0, 0xCD, SYSCALL_VECTOR };

_Noreturn void all_processes_ended(void)
{
    observed_all();
}

static int64_t twice(struct trap_frame *frame)
{
    observe("called with", frame->rax);
    return 2 * current_process()->pid;
}

static struct process *last_first(void)
{
    struct process *chosen = NULL;
    for (struct process *process = process_first(); process; process = process->next)
        if (process->state == PROCESS_READY)
            chosen = process;
    return chosen;
}

static void ended(struct process *process)
{
    observe("ended", (uint64_t)process->pid);
    observe("CR3 is the kernel's", read_cr3() == kernel_page_table.raw);
    (void)destroy_process(process->pid);
}

_Noreturn void kmain(void)
{
    lab3_start();
    exceptions_init();
    syscall_init();
    syscall_register(SYS_TWICE, twice);
    schedule_use(last_first, ended);
    (void)lab3_process(program, sizeof program);
    (void)lab3_process(program, sizeof program);
    schedule();
}
