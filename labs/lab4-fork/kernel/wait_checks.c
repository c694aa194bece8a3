/*
 * wait_checks.c - see wait_checks.h.
 */
#include <cpu.h>
#include <exercise.h>
#include <process_calls.h>
#include <schedule.h>
#include <wait_checks.h>

unsigned probe_wait_switch(struct trap_frame *registers);

void checked_wait_switch(struct trap_frame *registers)
{
    const struct process *process = current_process();
    unsigned changed = probe_wait_switch(registers);
    require(changed == 0, "4.1",
            "after wait_switch() %u of rbx, rbp, r12 to r15 and the word on "
            "top of the stack have another value",
            changed);
    require(current_process() == process && read_cr3() == process->page_table.raw, "4.1",
            "PID %d waited, and goes on as PID %d with CR3 %#lx, expected %#lx", process->pid,
            current_process()->pid, read_cr3(), process->page_table.raw);
}

void check_child(int pid, const struct trap_frame *frame)
{
    const struct process *parent = current_process(), *child = process_find(pid);
    require(child != NULL, "4.4", "sys_fork() gives PID %d, which is not in the process table",
            pid);
    require(child->registers.rax == 0, "4.4", "the child's rax is %#lx, expected 0",
            child->registers.rax);
    require(child->registers.rip == frame->rip && child->registers.rsp == frame->rsp, "4.4",
            "the child goes on at rip %#lx with rsp %#lx, expected %#lx and %#lx",
            child->registers.rip, child->registers.rsp, frame->rip, frame->rsp);
    require(child->page_table.raw != parent->page_table.raw, "4.4",
            "parent and child have the same page table, at %#lx", child->page_table.raw);
    require(child->kernel_stack && child->kernel_stack != parent->kernel_stack, "4.4",
            "the child's kernel stack is %#lx, the parent's is %#lx", child->kernel_stack,
            parent->kernel_stack);
    require(child->started, "4.4", "the child has not `started`: it would begin anew");
    require(child->state == PROCESS_READY, "4.4", "the child is not ready");
    require(task_of(process_find(pid))->parent == current_task(), "4.4",
            "the child is not among the children of PID %d", parent->pid);
}
