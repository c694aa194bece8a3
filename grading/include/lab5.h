/*
 * lab5.h - what the test kernels of lab 5 share: the lab's kernel without a timer, so that
 * processes change only where they wait. What is typed a program asks for, or the kernel does.
 */
#pragma once

#include <console.h>
#include <console_input.h>
#include <execute.h>
#include <file.h>
#include <lab2.h>
#include <lab4.h>
#include <lab5_calls.h>
#include <linux.h>
#include <uart.h>
#include <user_task.h>

/* Through the UART's loop bit: real bytes, real interrupts, once ring 3 goes on. */
static inline void lab5_type(const char *keys, uint64_t count)
{
    console_flush();
    outb(UART_MODEM_CONTROL, UART_READY | UART_LOOP);
    for (uint64_t i = 0; i < count; i++) {
        outb(UART_DATA, (uint8_t)keys[i]);
        console_flush();
    }
    outb(UART_MODEM_CONTROL, UART_READY);
}

static int64_t call_type(struct trap_frame *frame)
{
    char keys[16];
    uint64_t count = frame->rsi < sizeof keys ? frame->rsi : sizeof keys;
    if (copy_from_user(keys, frame->rdi, count) != 0)
        return -EFAULT;
    lab5_type(keys, count);
    return 0;
}

static int64_t call_free(struct trap_frame *frame)
{
    (void)frame;
    return (int64_t)frame_free_count();
}

static int64_t call_hoard(struct trap_frame *frame)
{
    if (frame->rdi == UINT64_MAX)
        hoard_release();
    else
        hoard_all_but(frame->rdi);
    return 0;
}

static int64_t call_reader(struct trap_frame *frame)
{
    (void)frame;
    return console_input.readers.first ? console_input.readers.first->process.pid : 0;
}

/* Nobody is woken from outside: when nobody is ready, whoever waits will wait for ever. */
static struct process *lab5_next(void)
{
    struct task *task = queue_take(&ready);
    if (task) {
        linux_switch(&task->process);
        return &task->process;
    }
    for (const struct process *process = process_first(); process; process = process->next)
        observe("left over", (uint64_t)process->pid);
    return NULL;
}

static inline void lab5_start(void)
{
    lab4_start();
    exceptions_init();
    process_calls_init();
    file_calls_init();
    console_input_init();
    linux_init();
    fork_page = page_share;
    syscall_register(CALL_TYPE, call_type);
    syscall_register(CALL_FREE, call_free);
    syscall_register(CALL_HOARD, call_hoard);
    syscall_register(CALL_READER, call_reader);
    schedule_use(lab5_next, user_ended);
    observe("frames at the start", frame_free_count());
}

_Noreturn void all_processes_ended(void)
{
    observe("frames at the end", frame_free_count());
    observed_all();
}
