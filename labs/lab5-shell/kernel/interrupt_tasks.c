/*
 * interrupt_tasks.c - see interrupt_tasks.h.
 *
 * An interrupt never comes while the kernel works. So a task is either the one that runs in
 * ring 3, or its record says how it goes on: then it goes on in end_here(). Whatever it was
 * doing in the kernel it holds nothing that process_end() does not give back.
 */
#include <cpu.h>
#include <file_numbers.h>
#include <gdt.h>
#include <interrupt_tasks.h>
#include <schedule.h>

static bool current_must_end;

static _Noreturn void end_here(void)
{
    process_end(current_process());
}

static void queue_remove(struct queue *queue, struct task *task)
{
    struct queue kept = { NULL, NULL };
    for (struct task *next; (next = queue_take(queue));)
        if (next != task)
            queue_add(&kept, next);
    *queue = kept;
}

static void divert(struct task *task)
{
    struct process *process = &task->process;
    process->registers = (struct trap_frame){
        .rip = (uint64_t)end_here,
        .cs = SELECTOR_KERNEL_CODE,
        .rflags = RFLAGS_RESERVED,
        .rsp = process->kernel_stack - 8, /* as after a call */
        .ss = SELECTOR_KERNEL_DATA,
    };
    if (process->state == PROCESS_WAITING) {
        queue_remove(task->waits_in, task);
        task_ready(task);
    }
}

/* The next one below an ancestor, children before siblings. No recursion: a program chooses how
 * deep its family is, and the kernel stack is short. */
static struct task *next_descendant(struct task *task, const struct task *ancestor)
{
    if (task->first_child)
        return task->first_child;
    while (task != ancestor && !task->next_sibling)
        task = task->parent;
    return task == ancestor ? NULL : task->next_sibling;
}

unsigned descendants_end(struct task *ancestor)
{
    unsigned count = 0;
    for (struct task *task = ancestor; (task = next_descendant(task, ancestor));) {
        if (task->process.state == PROCESS_ZOMBIE)
            continue;
        count++;
        task->status = SIGINT;
        if (task == current_task())
            current_must_end = true;
        else
            divert(task);
    }
    return count;
}

void end_interrupted(void)
{
    if (!current_must_end)
        return;
    current_must_end = false;
    end_here();
}
