/*
 * sleepers.c - exercise 4.2: who waits where, who wakes whom, and what the processor does
 * while nobody is ready. There is no timer; one interrupt is pending when a task goes to
 * sleep, one when the processor idles, and the one after it is asked for by its handler.
 */
#include <lab4.h>

#define PIT_CHANNEL0 0x40
#define PIT_COMMAND  0x43
#define PIT_ONCE     0x30 /* channel 0, low then high byte, mode 0: one interrupt */
#define PIT_COUNT    250  /* some 200 microseconds */
#define PIC1         0x20
#define PIC_READ_IRR 0x0A /* OCW3: which interrupts are asked for */

enum { FIRST = 1, SECOND, OTHER, WAKER };

static struct queue queue, other_queue;
static bool idles; /* from the last task's end on */

static void ask_for_interrupt(void)
{
    outb(PIT_COMMAND, PIT_ONCE);
    outb(PIT_CHANNEL0, PIT_COUNT);
    outb(PIT_CHANNEL0, PIT_COUNT >> 8);
}

static void interrupt(struct trap_frame *frame)
{
    static unsigned number;
    if (!idles) { /* pending since before a sleep: for ring 3, no sooner */
        observe("interrupt before that in ring", frame->cs & 3);
        return;
    }
    observe("interrupt", ++number);
    observe("it came at", frame->rip);
    observe("in ring", frame->cs & 3);
    observe("IF there", frame->rflags >> 9 & 1);
    if (number == 1)
        ask_for_interrupt(); /* this one wakes nobody */
    else
        wake_up(&other_queue);
}

/* Just one: irq_init() makes the controllers forget what the firmware's timer has asked for. */
static void leave_one_pending(void)
{
    ask_for_interrupt();
    irq_init();
    irq_register(IRQ_TIMER, interrupt);
    outb(PIC1, PIC_READ_IRR);
    while (!(inb(PIC1) & 1 << IRQ_TIMER))
        ;
}

static void observe_task(pid_t pid)
{
    const struct task *task = task_of(process_find(pid));
    observe("task", (uint64_t)pid);
    if (!task)
        return;
    observe("state", task->process.state);
    observe("waits in queue", task->waits_in == &queue);
    observe("waits in the other queue", task->waits_in == &other_queue);
    observe("waits nowhere", task->waits_in == NULL);
}

static void observe_queue(const char *name, const struct queue *seen)
{
    observe(name, 0);
    unsigned most = 10;
    for (const struct task *task = seen->first; task && most--; task = task->next_in_queue)
        observe("then", (uint64_t)task->process.pid);
}

static void observe_all(const char *when)
{
    observe(when, 0);
    for (pid_t pid = FIRST; pid <= OTHER; pid++)
        observe_task(pid);
    observe_queue("queue", &queue);
    observe_queue("other queue", &other_queue);
    observe_queue("ready", &ready);
}

static void wait_in(struct queue *where)
{
    pid_t pid = current_process()->pid;
    observe("sleeps", (uint64_t)pid);
    if (pid == FIRST)
        leave_one_pending();
    sleep_on(where);
    observe("goes on", (uint64_t)pid);
    observe("as PID", (uint64_t)current_process()->pid);
    observe("IF after it", read_rflags() >> 9 & 1);
    lab4_end();
}

static int64_t call(struct trap_frame *frame)
{
    (void)frame;
    switch (current_process()->pid) {
    case FIRST:
    case SECOND:
        wait_in(&queue);
        break;
    case OTHER:
        wait_in(&other_queue);
        break;
    default:
        observe_all("before wake_up");
        wake_up(&queue);
        observe_all("after wake_up");
        wake_up(&queue); /* nobody is in it */
        observe_all("after a second one");
        idles = true;
        leave_one_pending();
        lab4_end();
    }
    return 0;
}

static void ended(struct process *process)
{
    observe("ended", (uint64_t)process->pid);
    task_destroy(task_of(process));
}

_Noreturn void all_processes_ended(void)
{
    observe("nobody is left", process_first() == NULL);
    observed_all();
}

_Noreturn void kmain(void)
{
    lab4_start();
    lab4_answer(call);
    for (int i = FIRST; i <= WAKER; i++)
        task_ready(lab4_task());
    schedule_use(next_ready, ended);
    schedule();
}
