/*
 * growth_sleepers.c - what a switch, a fork, an end and a wait cost beside 1, 10, 100 and 1,000
 * processes that sleep. Prints as growth.c of lab 3 does.
 */
#include <console.h>
#include <exercise.h>
#include <lab4.h>

#define SLEEPERS_MAX 1000

static struct queue sleepers;
static uint64_t started, left; /* when the last switch began, and the child's end */

static uint64_t now(void)
{
    uint32_t low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

static void give_way(void)
{
    task_ready(current_task());
    wait_switch(&current_process()->registers);
}

static void measure(struct trap_frame *frame)
{
    uint64_t start = now();
    pid_t pid = (pid_t)sys_fork(frame);
    printf("fork: %lu\n", now() - start);
    process_find(pid)->has_called = true; /* no line about it within what is measured */

    started = now();
    give_way(); /* the child runs, and ends */
    printf("the end of a process: %lu\n", now() - left);

    start = now();
    pid_t ended = (pid_t)sys_wait4(-1, 0, 0, 0);
    printf("wait4: %lu\n", now() - start);
    require(ended == pid, "4.5", "wait4() gives %d, expected %d", ended, pid);
}

static void rounds(struct trap_frame *frame)
{
    unsigned live = 0;
    for (unsigned count = 1; count <= SLEEPERS_MAX; count *= 10) {
        for (; live < count; live++)
            task_ready(lab4_task());
        give_way(); /* all of them go to sleep */
        printf("processes %u\n", count);
        measure(frame);
    }
    machine_off(MACHINE_DONE);
}

static int64_t call(struct trap_frame *frame)
{
    if (current_process()->pid == 1)
        rounds(frame);
    else if (!current_task()->parent)
        sleep_on(&sleepers);
    printf("switch: %lu\n", now() - started);
    left = now();
    lab4_end();
}

static struct process *next(void)
{
    struct task *task = queue_take(&ready);
    return task ? &task->process : NULL;
}

_Noreturn void all_processes_ended(void)
{
    machine_off(MACHINE_DONE);
}

_Noreturn void kmain(void)
{
    lab4_start();
    lab4_answer(call);
    fork_page = page_share;
    schedule_use(next, process_ended);
    task_ready(lab4_task());
    schedule();
}
