/*
 * syscall_trap.c - around each system call: what a student wants to see of it.
 */
#include <console.h>
#include <errno.h>
#include <exercise.h>
#include <schedule.h>
#include <syscall.h>

void syscall_trap(struct trap_frame *frame)
{
    struct trap_frame call = *frame;
    struct process *process = current_process();
    pid_t pid = process->pid;
    if (process->system_calls++ == 0)
        printf("PID %d: first system call, number %lu, from CPL %lu, CS %#lx, SS %#lx\n",
               pid, call.rax, call.cs & 3, call.cs, call.ss);
    syscall_dispatch(frame);
    require(call.rax != SYS_EXIT, "3.3",
            "exit has come back: sys_exit() must end with process_end()");
    if ((int64_t)frame->rax < 0)
        printf("PID %d: system call %lu (%#lx, %#lx, %#lx) = %s\n", pid,
               call.rax, call.rdi, call.rsi, call.rdx, error_name((int)frame->rax));
}
