/*
 * Exercise 4.2: sleep_on, wake_up, next_ready
 *
 * sleep_on
 * In:  queue   in which nobody has to be yet
 * Out: returns after wake_up() of that queue. Until then the current task is
 *      PROCESS_WAITING, waits_in names the queue, and it is the last one in it
 *
 * wake_up
 * In:  queue
 * Out: all that waited in it are ready (task_ready()), in the order in which they came
 *
 * next_ready
 * Out: the task that has been ready for longest, taken out of `ready`; NULL when there is
 *      no process at all. While there are some and none is ready, the processor
 *      halts until an interrupt, and then looks again.
 *
 * hlt ends with an interrupt, and IF is clear here. Set it and halt in one statement:
 * after sti the processor takes no interrupt before the next instruction is done, so that
 * the one that wakes somebody cannot come in between, and then never again.
 * SDM volume 2B, STI; volume 2A, HLT.
 * Check: make grade ONLY=4.2
 */
#include <exercise.h>
#include <wait.h>

void sleep_on(struct queue *queue)
{
    /* SOLUTION */
    struct task *task = current_task();
    task->process.state = PROCESS_WAITING;
    task->waits_in = queue;
    queue_add(queue, task);
    wait_switch(&task->process.registers);
    /* END SOLUTION */
}

void wake_up(struct queue *queue)
{
    /* SOLUTION */
    struct task *task;
    while ((task = queue_take(queue)))
        task_ready(task);
    /* END SOLUTION */
}

struct process *next_ready(void)
{
    /* SOLUTION */
    while (process_first()) {
        struct task *task = queue_take(&ready);
        if (task)
            return &task->process;
        asm volatile("sti; hlt; cli" : : : "memory");
    }
    return NULL;
    /* END SOLUTION */
}
