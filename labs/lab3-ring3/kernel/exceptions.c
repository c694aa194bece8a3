/*
 * exceptions.c - an exception is the process's fault when it came from ring 3,
 * and the kernel's otherwise.
 */
#include <exercise.h>
#include <page_fault.h>
#include <schedule.h>
#include <trap.h>

/* The likeliest mistake of all: with two values swapped, a program faults before it has begun. */
static void check_entry(const struct trap_frame *frame)
{
    const struct process *process = current_process();
    bool swapped = frame->rip == process->registers.rsp && frame->rsp == process->registers.rip;
    require(!swapped, "3.2", "PID %d was entered at %#lx, which is its stack pointer; "
            "its entry point is %#lx", process->pid, frame->rip, process->registers.rip);
}

static void exception(struct trap_frame *frame)
{
    if (trap_from_user(frame)) {
        check_entry(frame);
        process_fault(frame);
        require(false, "3.6", "process_fault() has returned: it must end with process_end()");
    }
    if (frame->vector == VECTOR_PF)
        page_fault(frame);
    else
        trap_unexpected(frame);
}

void exceptions_init(void)
{
    for (unsigned vector = 0; vector < VECTOR_EXCEPTIONS; vector++)
        if (vector != VECTOR_DF)            /* an abort: always the kernel's */
            trap_register(vector, exception);
}
