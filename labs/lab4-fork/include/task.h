/*
 * task.h - what lab 4 adds to a process: what it waits for, who waits for it, its family.
 *
 * A record takes a whole frame, zeroed, and struct process is at its start: so every
 * process is a task, and one pointer names both.
 */
#pragma once

#include <process.h>

/* Tasks in the order in which they came. A task is in one queue at most. */
struct queue {
    struct task *first, *last;
};

struct task {
    struct process process; /* lab 2's record */
    struct queue *waits_in; /* while it is PROCESS_WAITING */
    struct task *next_in_queue;
    struct queue child_ended; /* where it waits in wait4() */
    struct task *parent;      /* NULL: nobody will ask for its status */
    struct task *first_child;
    struct task *next_sibling;
    int status;      /* as wait4() gives it, once it has ended */
    bool has_copied; /* a page of its own, after a fault: said once */
};

_Static_assert(sizeof(struct task) <= PAGE_SIZE, "a record takes one frame");

static inline struct task *task_of(struct process *process)
{
    return (struct task *)process;
}

/* The task on whose behalf the kernel runs; NULL: none. */
struct task *current_task(void);

/* Append the task, or take the first one; NULL: the queue is empty. */
void queue_add(struct queue *queue, struct task *task);
struct task *queue_take(struct queue *queue);

/* Those that can run, in the order in which they became ready. */
extern struct queue ready;

/* The task can run: PROCESS_READY, and at the end of `ready`. */
void task_ready(struct task *task);

/* Make `child` a child of `parent`, the first of its list; and undo that. */
void child_add(struct task *parent, struct task *child);
void child_remove(struct task *child);

/* Free all that the task had, its record, too. Its page table must not be in CR3. */
void task_destroy(struct task *task);
