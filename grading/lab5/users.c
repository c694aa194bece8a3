/*
 * users.c - exercises 5.1, 5.4 and 5.5: the first program of the archive, and who it starts.
 */
#include <lab5.h>

/* What a process that has executed a program goes on with. */
static int64_t call_execve(struct trap_frame *frame)
{
    phys_t old = current_process()->page_table;
    int64_t result = sys_execve(frame, frame->rdi, frame->rsi);
    const struct process *process = current_process();
    observe("execve", (uint64_t)result);
    observe("rip", frame->rip);
    observe("rsp", frame->rsp);
    observe("CS", frame->cs);
    observe("SS", frame->ss);
    observe("rflags", frame->rflags);
    observe("any other register",
            frame->rbx | frame->rcx | frame->rdx | frame->rsi | frame->rdi | frame->rbp | frame->r8
                | frame->r9 | frame->r10 | frame->r11 | frame->r12 | frame->r13 | frame->r14
                | frame->r15);
    observe("CR3", read_cr3());
    observe("page table", process->page_table.raw);
    observe("the old one", old.raw);
    uint64_t name;
    memcpy(&name, user_of(current_task())->name, sizeof name);
    observe("its name", name);
    return result;
}

_Noreturn void kmain(void)
{
    lab5_start();
    syscall_register(SYS_EXECVE, call_execve);
    first_task_start(0);
    schedule();
}
