/*
 * lab3.h - what the test kernels of lab 3 share.
 */
#pragma once

#include <boot.h>
#include <cpu.h>
#include <frame.h>
#include <irq.h>
#include <observe.h>
#include <page_fault.h>
#include <page_table.h>
#include <schedule.h>
#include <string.h>
#include <tables.h>
#include <tss.h>
#include <user_memory.h>

/* Everything but the timer: its interrupts come where a test kernel calls timer_init(). */
static inline void lab3_start(void)
{
    tables_init();
    page_fault_init();
    user_memory_init();
    irq_init();
}

/* A process whose program is just these bytes of code; it is PROCESS_NEW. */
static inline struct process *lab3_process_new(const void *code, size_t size)
{
    struct process *process = process_find(create_process(USER_PROGRAM_BASE));
    phys_t frame = frame_alloc();
    memcpy(phys_to_virt(frame), code, size);
    (void)page_map(process->page_table, USER_PROGRAM_BASE, frame, PTE_U);
    return process;
}

/* The same, and it is ready. */
static inline struct process *lab3_process(const void *code, size_t size)
{
    struct process *process = lab3_process_new(code, size);
    process_ready(process);
    return process;
}
