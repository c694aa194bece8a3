/*
 * lab4.h - what the test kernels of lab 4 share.
 */
#pragma once

#include <copy_on_write.h>
#include <errno.h>
#include <lab3.h>
#include <process_calls.h>
#include <syscall.h>
#include <wait.h>

/* Everything but the timer, and with the calls of the test kernel only. */
static inline void lab4_start(void)
{
    lab3_start();
    syscall_init();
    owners_init();
}

static inline uint64_t read_rflags(void)
{
    uint64_t flags;
    asm volatile("pushfq; pop %0" : "=r"(flags));
    return flags;
}

/* mov eax, NUMBER; int 0x80; again. What it asks for is up to the test kernel. */
#define LAB4_NUMBER 200
static const uint8_t lab4_asks[] = {
    0xB8, LAB4_NUMBER,    0, 0, 0, /* mov eax, LAB4_NUMBER */
    0xCD, SYSCALL_VECTOR,          /* int SYSCALL_VECTOR */
    0xEB, 0xF7,                    /* jmp to the start */
};

/* A process that does nothing else. It is PROCESS_READY, and in no queue. */
static inline struct task *lab4_task(void)
{
    return task_of(lab3_process(lab4_asks, sizeof lab4_asks));
}

/* In the test kernel: the answer to those calls. */
static inline void lab4_answer(syscall_handler_t handler)
{
    syscall_register(LAB4_NUMBER, handler);
}

/* The end of the current process, without a line of its own. */
static _Noreturn inline void lab4_end(void)
{
    process_end(current_process());
}
