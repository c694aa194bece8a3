/*
 * syscall_trap.c - which function does a system call, and around it what a student wants to see.
 */
#include <console.h>
#include <errno.h>
#include <exercise.h>
#include <schedule.h>
#include <syscall.h>

static syscall_handler_t calls[SYSCALLS_MAX];

void syscall_register(unsigned number, syscall_handler_t handler)
{
    calls[number] = handler;
}

static void announce(const struct process *process, const struct trap_frame *frame)
{
    printf("PID %d: first system call, number %lu, from CPL %lu, CS %#lx, SS %#lx\n", process->pid,
           frame->rax, frame->cs & 3, frame->cs, frame->ss);
}

void syscall_trap(struct trap_frame *frame)
{
    struct process *process = current_process();
    uint64_t number = frame->rax;
    if (process->system_calls++ == 0)
        announce(process, frame);

    if (number < SYSCALLS_MAX && calls[number])
        frame->rax = (uint64_t)calls[number](frame);
    else
        syscall_dispatch(frame);

    require(number != SYS_EXIT, "3.3",
            "exit has come back: sys_exit() must end with process_end()");
    if ((int64_t)frame->rax < 0)
        printf("PID %d: system call %lu (%#lx, %#lx, %#lx) = %s\n", process->pid, number,
               frame->rdi, frame->rsi, frame->rdx, error_name((int)frame->rax));
}
