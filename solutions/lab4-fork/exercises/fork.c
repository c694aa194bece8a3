/*
 * Exercise 4.4: sys_fork
 *
 * In:  frame   the parent's registers, at its system call
 * Out: the child's PID; −ENOMEM or −EAGAIN, and nothing is left of the child.
 *      The child is a process of its own: record, page table, kernel stack. Its user half
 *      is made by user_half_copy() with `fork_page`, its registers are those of the frame
 *      with 0 in rax, its segment registers are those of the parent, now
 *      (process_segments_save()). It has `started`: it goes on, and does not begin. It is a
 *      child of the current task (child_add()), in the process table, and ready.
 *
 * The order of create_process() and the way it undoes what it did are a good model. When the
 * copy fails in the middle, shared_pages_drop() comes before destroy_user_page_table():
 * a page that the child got may belong to the parent as well.
 * POSIX, fork().
 * Check: make grade ONLY=4.4
 */
#include <copy_on_write.h>
#include <errno.h>
#include <exercise.h>
#include <process_calls.h>
#include <schedule.h>
#include <stacks.h>

int64_t sys_fork(const struct trap_frame *frame)
{
    /* SOLUTION */
    const struct process *parent = current_process();
    struct process *child = process_new();
    if (!child)
        return -ENOMEM;
    int error = create_user_page_table(&child->page_table);
    if (error)
        goto no_page_table;
    error = allocate_kernel_stack(&child->kernel_stack);
    if (error)
        goto no_kernel_stack;
    error = user_half_copy(parent->page_table, child->page_table, fork_page);
    if (error)
        goto no_copy;

    child->user_stack = parent->user_stack;
    child->registers = *frame;
    child->registers.rax = 0;
    process_segments_save(child);
    child->started = true;
    process_enter(child);
    child_add(current_task(), task_of(child));
    task_ready(task_of(child));
    return child->pid;

no_copy:
    shared_pages_drop(child->page_table);
    free_kernel_stack(child->kernel_stack);
no_kernel_stack:
    destroy_user_page_table(child->page_table);
no_page_table:
    process_discard(child);
    return error;
    /* END SOLUTION */
}
