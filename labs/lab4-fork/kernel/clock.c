/*
 * clock.c - ticks, and those who wait for one.
 *
 * A sleeper waits in the queue of its tick, of which there are SLOTS: later rounds share
 * them. So a tick wakes a few sleepers, however many there are, and some of them too early.
 */
#include <clock.h>
#include <irq.h>
#include <schedule.h>
#include <timer.h>
#include <trap.h>
#include <wait.h>

#define SLOTS 64

static struct queue slots[SLOTS];
static uint64_t ticks;

uint64_t clock_ticks(void)
{
    return ticks;
}

void clock_wait(uint64_t tick)
{
    while (ticks < tick) /* woken too early, perhaps: look again */
        sleep_on(&slots[tick % SLOTS]);
}

/* A tick that comes while nobody runs, in next_ready(), is nobody's slice; and when nobody
 * else is ready, the one that runs goes on. */
static void clock_tick(struct trap_frame *frame)
{
    ticks++;
    wake_up(&slots[ticks % SLOTS]);
    if (!trap_from_user(frame) || !ready.first)
        return;
    struct task *task = current_task();
    task->process.slices = 0; /* this lab ends nobody for using them up */
    task_ready(task);
    timer_tick(frame);
}

void clock_init(void)
{
    timer_init();
    irq_register(IRQ_TIMER, clock_tick);
}
