/*
 * schedule.c - from one process to another, by way of the boot stack.
 *
 * A process may end while the kernel stands on its kernel stack and in its
 * page table. Neither can be freed from there: so schedule() leaves the stack first, and
 * the page table of one that has ended.
 */
#include <boot.h>
#include <console.h>
#include <cpu.h>
#include <exercise.h>
#include <irq.h>
#include <schedule.h>
#include <syscall.h>
#include <tss.h>

struct process *current;
void (*process_resumes)(const struct process *process);

/* Those that are ready, in the order in which their turns come. */
static struct process *turns, **turns_end = &turns;

/* A process that is no longer ready loses its turn. */
static struct process *take_turns(void)
{
    struct process *process = turns;
    while (process && process->state != PROCESS_READY)
        process = process->next_turn;
    turns = process ? process->next_turn : NULL;
    if (!turns)
        turns_end = &turns;
    return process;
}

static void destroy_ended(struct process *process)
{
    destroy_process(process->pid);
}

static struct process *(*next_to_run)(void) = take_turns;
static void (*process_ended)(struct process *process) = destroy_ended;

void schedule_use(struct process *(*next)(void), void (*ended)(struct process *process))
{
    if (next)
        next_to_run = next;
    process_ended = ended;
}

/* A later lab that says who is next keeps a queue of its own. */
void process_ready(struct process *process)
{
    process->state = PROCESS_READY;
    if (next_to_run != take_turns)
        return;
    process->next_turn = NULL;
    *turns_end = process;
    turns_end = &process->next_turn;
}

bool others_are_ready(void)
{
    return turns || next_to_run != take_turns;
}

/* What no trap frame holds: in 64-bit mode traps and iretq leave DS, ES, FS and GS alone,
 * and so does the kernel. The next process would find what this one has loaded. */
void process_segments_save(struct process *process)
{
    asm volatile("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3"
                 : "=m"(process->ds), "=m"(process->es), "=m"(process->fs), "=m"(process->gs));
}

static void segments_load(const struct process *process)
{
    asm volatile("mov %0, %%ds; mov %1, %%es; mov %2, %%fs; mov %3, %%gs"
                 :
                 : "m"(process->ds), "m"(process->es), "m"(process->fs), "m"(process->gs));
}

/* Activate the process, and see that the processor would find its way back. */
static void activate(struct process *process)
{
    process_activate(process);
    require(read_cr3() == process->page_table.raw, "3.1",
            "CR3 is %#lx, expected %#lx, the page "
            "table of PID %d",
            read_cr3(), process->page_table.raw, process->pid);
    require(tss_rsp0() == process->kernel_stack, "3.1",
            "RSP0 is %#lx, expected %#lx, the top of "
            "the kernel stack of PID %d",
            tss_rsp0(), process->kernel_stack, process->pid);
}

static _Noreturn void start(struct process *process)
{
    process->started = true;
    printf("PID %d starts at %#lx: CR3 %#lx, RSP0 %#lx\n", process->pid, process->registers.rip,
           read_cr3(), tss_rsp0());
    jump_to_usermode(process->registers.rip, process->registers.rsp);
}

/* With a copy of its frame: trap_return() makes RSP point to what it gets, and whatever trap
 * came in there would overwrite the record. */
static _Noreturn void go_on(const struct process *process)
{
    struct trap_frame frame = process->registers;
    segments_load(process);
    if (process_resumes)
        process_resumes(process);
    trap_return(&frame);
}

static _Noreturn void run_next(void)
{
    struct process *last = current;
    current = NULL;
    if (last && last->state == PROCESS_RUNNING)
        process_ready(last);
    if (last && last->state == PROCESS_DEAD) {
        write_cr3(kernel_page_table.raw); /* its own is about to go */
        process_ended(last);
        last = NULL;
    }

    struct process *next = next_to_run();
    if (!next)
        all_processes_ended();
    current = next;
    next->state = PROCESS_RUNNING;
    if (next != last)
        activate(next);
    if (next->started)
        go_on(next);
    start(next);
}

_Noreturn void schedule(void)
{
    if (current)
        process_segments_save(current);
    boot_stack_call(run_next);
}

/* The exercise that is at work, by the trap that lies at the top of the kernel stack. */
static const char *at_work(void)
{
    uint64_t vector = ((const struct trap_frame *)current->kernel_stack - 1)->vector;
    return vector == SYSCALL_VECTOR ? "3.3" : vector == VECTOR_TIMER ? "3.5" : "3.6";
}

_Noreturn void process_end(struct process *process)
{
    require(process == current, at_work(),
            "process_end() gets the record at %p, expected %p, the current process, PID %d",
            (void *)process, (void *)current, current->pid);
    process->state = PROCESS_DEAD;
    schedule();
}
