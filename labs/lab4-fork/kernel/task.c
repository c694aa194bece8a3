/*
 * task.c - queues of tasks, parents and children, and the end of a task.
 */
#include <copy_on_write.h>
#include <schedule.h>
#include <task.h>

struct queue ready;

struct task *current_task(void)
{
    return task_of(current_process());
}

void queue_add(struct queue *queue, struct task *task)
{
    task->next_in_queue = NULL;
    if (queue->first)
        queue->last->next_in_queue = task;
    else
        queue->first = task;
    queue->last = task;
}

struct task *queue_take(struct queue *queue)
{
    struct task *task = queue->first;
    if (task)
        queue->first = task->next_in_queue;
    return task;
}

void task_ready(struct task *task)
{
    task->process.state = PROCESS_READY;
    task->waits_in = NULL;
    queue_add(&ready, task);
}

void child_add(struct task *parent, struct task *child)
{
    child->parent = parent;
    child->next_sibling = parent->first_child;
    parent->first_child = child;
}

void child_remove(struct task *child)
{
    struct task **link = &child->parent->first_child;
    while (*link != child)
        link = &(*link)->next_sibling;
    *link = child->next_sibling;
    child->parent = NULL;
}

void task_destroy(struct task *task)
{
    shared_pages_drop(task->process.page_table);
    (void)destroy_process(task->process.pid);
}
