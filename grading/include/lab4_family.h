/*
 * lab4_family.h - what families.c and sharers.c share.
 */
#pragma once

#include <lab2.h>
#include <lab4.h>
#include <lab4_calls.h>
#include <program.h>

/* How many pages of the user half can be written, and say that they are shared. */
static uint64_t copy_and_writable(phys_t table, int level, unsigned count)
{
    const pte_t *entries = phys_to_virt(table);
    uint64_t found = 0;
    for (unsigned i = 0; i < count; i++) {
        if (entries[i] & PTE_P && level > 1)
            found += copy_and_writable(pte_frame(entries[i]), level - 1, PTE_COUNT);
        else if (entries[i] & PTE_P)
            found += entries[i] & PTE_W && entries[i] & PTE_COPY;
    }
    return found;
}

static int64_t call_look(struct trap_frame *frame)
{
    observe("look", frame->rdi);
    observe("by", (uint64_t)current_process()->pid);
    observe("free", frame_free_count());
    observe("writable and PTE_COPY",
            copy_and_writable(current_process()->page_table, 4, PTE_COUNT / 2));
    for (struct process *process = process_first(); process; process = process->next) {
        const struct task *task = task_of(process);
        observe("process", (uint64_t)process->pid);
        observe("state", process->state);
        observe("parent", task->parent ? (uint64_t)task->parent->process.pid : 0);
        observe("status", (uint64_t)task->status);
        observe("page table", process->page_table.raw);
    }
    return 0;
}

static int64_t call_hoard(struct trap_frame *frame)
{
    if (frame->rdi == UINT64_MAX)
        hoard_release();
    else
        hoard_all_but(frame->rdi);
    return 0;
}

/* Nobody is woken from outside: when nobody is ready, whoever waits will wait for ever. */
static struct process *lab4_next(void)
{
    struct task *task = queue_take(&ready);
    if (task)
        return &task->process;
    for (const struct process *process = process_first(); process; process = process->next) {
        observe("left over", (uint64_t)process->pid);
        observe("in state", process->state);
    }
    return NULL;
}

_Noreturn void all_processes_ended(void)
{
    observe("frames at the end", frame_free_count());
    observed_all();
}

static _Noreturn void lab4_families(page_function_t *function)
{
    lab4_start();
    exceptions_init();
    process_calls_init();
    syscall_register(CALL_LOOK, call_look);
    syscall_register(CALL_HOARD, call_hoard);
    fork_page = function;
    observe("frames at the start", frame_free_count());
    schedule_use(lab4_next, process_ended);
    for (const struct program *program = programs_start; program < programs_end; program++)
        task_ready(task_of(process_find(process_load(program->image, program->size))));
    schedule();
}
