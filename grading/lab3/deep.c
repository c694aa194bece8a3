/*
 * deep.c - a system call that recurses without an end, on the kernel stack of PID 1.
 * Not an exercise's test: tests/test_ring3.py reads what comes of it.
 */
#include <lab3.h>
#include <syscall.h>

#define SYS_DEEP (SYSCALLS_MAX - 1)

/* mov eax, SYS_DEEP; int 0x80 */
static const uint8_t program[] = { 0xB8, SYS_DEEP, 0, 0, 0, 0xCD, SYSCALL_VECTOR };

_Noreturn void all_processes_ended(void)
{
    observed_all();
}

static int64_t deep(struct trap_frame *frame)
{
    volatile uint64_t level = frame->rax;
    return (level ? deep(frame) : 0) + (int64_t)level;
}

_Noreturn void kmain(void)
{
    lab3_start();
    exceptions_init();
    syscall_init();
    syscall_register(SYS_DEEP, deep);
    (void)lab3_process(program, sizeof program);
    schedule();
}
