/*
 * syscall_trap.c - which function handles a system call, and what a student wants to see of it.
 */
#include <console.h>
#include <cpu.h>
#include <errno.h>
#include <exercise.h>
#include <schedule.h>
#include <syscall.h>

static syscall_handler_t calls[SYSCALLS_MAX];

void syscall_register(unsigned number, syscall_handler_t handler)
{
    calls[number] = handler;
}

static void announce(const struct trap_frame *frame)
{
    struct process *process = current_process();
    process->has_called = true;
    /* Once the timer has interrupted it, exercise 3.5 has written them, too. */
    require(process->slices > 0 || (frame->rflags & (RFLAGS_IF | RFLAGS_IOPL)) == RFLAGS_IF, "3.2",
            "PID %d runs with RFLAGS %#lx: %s", process->pid, frame->rflags,
            frame->rflags & RFLAGS_IF ? "its IOPL lets it use cli and the ports"
                                      : "IF is 0, so that no timer can interrupt it");
    printf("PID %d: first system call, number %lu, from CPL %lu, CS %#lx, SS %#lx\n", process->pid,
           frame->rax, frame->cs & 3, frame->cs, frame->ss);
}

static void report_error(const struct trap_frame *frame, uint64_t number)
{
    printf("PID %d: system call %lu (%#lx, %#lx, %#lx) = %s\n", current_process()->pid, number,
           frame->rdi, frame->rsi, frame->rdx, error_name((int)frame->rax));
}

void syscall_trap(struct trap_frame *frame)
{
    uint64_t number = frame->rax; /* the result takes its place */
    if (!current_process()->has_called)
        announce(frame);

    if (number < SYSCALLS_MAX && calls[number]) {
        frame->rax = (uint64_t)calls[number](frame);
    } else {
        syscall_dispatch(frame);
        /* The first calls come before the first tick. */
        require((frame->rflags & (RFLAGS_IF | RFLAGS_IOPL)) == RFLAGS_IF,
                current_process()->slices ? "3.5" : "3.3",
                "PID %d has RFLAGS %#lx after %s: IF was 1, and IOPL 0", current_process()->pid,
                frame->rflags, current_process()->slices ? "an interruption" : "a system call");
    }

    require(number != SYS_EXIT, "3.3",
            "exit has come back: sys_exit() must end with process_end()");
    if ((int64_t)frame->rax < 0)
        report_error(frame, number);
}
