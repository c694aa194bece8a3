/*
 * forks.c - exercise 4.4: what sys_fork() makes, from a process of which each page and each
 * register is known; and what is left of a child for which memory did not suffice.
 */
#include <gdt.h>
#include <lab2.h>
#include <lab4.h>
#include <stacks.h>

static unsigned processes(void)
{
    unsigned count = 0;
    for (const struct process *process = process_first(); process; process = process->next)
        count++;
    return count;
}

static void observe_family(const struct task *parent)
{
    observe("processes", processes());
    observe("children of the parent", parent->first_child != NULL);
    observe("ready", ready.first != NULL);
}

/* Frames for the record, the page table, the stack and the copy: one less fails, each time. */
static void try_without_memory(const struct trap_frame *frame, uint64_t needed)
{
    for (uint64_t left = 0; left < needed; left++) {
        hoard_all_but(left);
        observe("fork with too few frames", left);
        int64_t pid = sys_fork(frame);
        observe("gives", (uint64_t)pid);
        observe("frames free after it", frame_free_count());
        observe_family(current_task());
        if (pid >= 0 || processes() != 2)
            observed_all();
    }
    hoard_release();
}

/* Notes what the child is; whether it is so much of a process that the kernel can go on. */
static bool observe_child(pid_t pid, const struct trap_frame *frame)
{
    const struct process *parent = current_process(), *child = process_find(pid);
    observe("found", child != NULL);
    if (!child)
        return false;
    struct trap_frame expected = *frame;
    expected.rax = 0;
    observe("rax in the child", child->registers.rax);
    observe("its other registers are the parent's",
            memcmp(&child->registers, &expected, sizeof expected) == 0);
    observe("FS", child->fs);
    observe("GS", child->gs);
    observe("DS", child->ds);
    observe("state", child->state);
    observe("started", child->started);
    observe("slices", child->slices);
    observe("user stack", child->user_stack);
    observe("kernel stack", child->kernel_stack);
    observe("kernel stack of the parent", parent->kernel_stack);
    observe("page table", child->page_table.raw);
    observe("page table of the parent", parent->page_table.raw);
    observe("its parent", task_of(process_find(pid))->parent == current_task());
    observe("first child of the parent", current_task()->first_child == (struct task *)child);
    observe("first that is ready", ready.first == (struct task *)child);
    observe("last that is ready", ready.last == (struct task *)child);
    return child->page_table.raw != parent->page_table.raw && ready.first
        && child->kernel_stack != parent->kernel_stack && current_task()->first_child;
}

static void parent_forks(struct trap_frame *frame)
{
    uint64_t before = frame_free_count();
    asm volatile("mov %0, %%fs; mov %1, %%gs" : : "r"(SELECTOR_USER_DATA), "r"(0));
    pid_t pid = (pid_t)sys_fork(frame);
    uint64_t needed = before - frame_free_count();
    observe("fork gives", (uint64_t)pid);
    observe("frames for a fork", needed);
    if (!observe_child(pid, frame))
        observed_all();
    (void)queue_take(&ready); /* the child waits, and is not seen as ready */
    child_remove(task_of(process_find(pid)));
    try_without_memory(frame, needed);
    task_ready(task_of(process_find(pid)));
    observe("kernel root", kernel_page_table.raw);
}

static int64_t call(struct trap_frame *frame)
{
    observe("asks", (uint64_t)current_process()->pid);
    observe("from", frame->rip);
    observe("CR3", read_cr3());
    if (current_process()->pid == 1)
        parent_forks(frame);
    lab4_end();
}

static struct process *next(void)
{
    struct task *task = queue_take(&ready);
    return task ? &task->process : NULL;
}

static void ended(struct process *process)
{
    struct task *task = task_of(process);
    if (task->parent)
        child_remove(task);
    while (task->first_child)
        child_remove(task->first_child);
    task_destroy(task);
}

_Noreturn void all_processes_ended(void)
{
    observe("frames at the end", frame_free_count());
    observed_all();
}

_Noreturn void kmain(void)
{
    lab4_start();
    observe("frames at the start", frame_free_count());
    lab4_answer(call);
    task_ready(lab4_task());
    schedule_use(next, ended);
    schedule();
}
