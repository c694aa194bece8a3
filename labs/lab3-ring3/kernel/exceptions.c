/*
 * exceptions.c - an exception is the process's fault when it came from ring 3,
 * and the kernel's otherwise.
 */
#include <cpu.h>
#include <exercise.h>
#include <page_fault.h>
#include <page_table.h>
#include <schedule.h>
#include <trap.h>
#include <user_memory.h>

/* The likeliest mistake of all: with two values swapped, a program faults before it has begun.
 * The registers alone could be the program's own doing. But once it has executed anything, the
 * processor has set PTE_A for the page of its entry point (SDM volume 3A, 4.8), and ring 3
 * cannot clear that. */
static void check_entry(const struct trap_frame *frame)
{
    const struct process *process = current_process();
    uint64_t entry_point = process->registers.rip;
    const pte_t *page = page_table_walk(process->page_table, entry_point, 1, false);
    bool swapped = frame->rip == process->registers.rsp && frame->rsp == entry_point && page
        && !(*page & PTE_A);
    require(!swapped, "3.2",
            "PID %d was entered at %#lx, which is its stack pointer; "
            "its entry point is %#lx",
            process->pid, frame->rip, entry_point);
}

/* With SMAP a read of ring 3's memory faults in ring 0, except where copy_from_user() allows it. */
static void check_reader(const struct trap_frame *frame)
{
    bool read = frame->vector == VECTOR_PF && frame->error_code == PAGE_FAULT_PRESENT;
    require(!(read && read_cr2() < USER_HALF_END), "3.4",
            "the kernel has read %#lx, which is "
            "ring 3's, at rip %#lx: that is for copy_from_user()",
            read_cr2(), frame->rip);
}

void exception(struct trap_frame *frame)
{
    if (trap_from_user(frame)) {
        check_entry(frame);
        process_fault(frame);
        require(false, "3.6", "process_fault() has returned: it must end with process_end()");
    }
    if (user_memory_fault(frame))
        return;
    check_reader(frame);
    if (frame->vector == VECTOR_PF)
        page_fault(frame);
    else
        trap_unexpected(frame);
}

/* An abort is always the kernel's; NMI and #MC are the hardware's, whoever is running. */
static bool is_about_the_code(unsigned vector)
{
    return vector != VECTOR_DF && vector != VECTOR_NMI && vector != VECTOR_MC;
}

void exceptions_register(trap_handler_t handler)
{
    for (unsigned vector = 0; vector < VECTOR_EXCEPTIONS; vector++)
        if (is_about_the_code(vector))
            trap_register(vector, handler);
}

void exceptions_init(void)
{
    exceptions_register(exception);
}
