/*
 * slices.c - two processes and the timer. The first one may run only after the
 * second has had three of its slices: from then on they take turns, and each of
 * the two gets as many slices as there are.
 */
#include <lab3.h>
#include <timer.h>

/* 1: inc rbx; jmp 1b */
static const uint8_t program[] = { 0x48, 0xFF, 0xC3, 0xEB, 0xFB };

_Noreturn void all_processes_ended(void)
{
    observed_all();
}

static void tick(struct trap_frame *frame)
{
    static unsigned ticks;
    if (++ticks == 3)
        process_ready(process_first());
    const struct process *process = current_process();
    observe("tick in PID", (uint64_t)process->pid);
    observe("its page table", process->page_table.raw);
    observe("CR3", read_cr3());
    observe("its kernel stack", process->kernel_stack);
    observe("end of the frame", (uint64_t)(frame + 1));
    observe("rbx", frame->rbx);
    timer_tick(frame);
    observe("timer_tick returned", ticks);
}

_Noreturn void kmain(void)
{
    lab3_start();
    (void)lab3_process_new(program, sizeof program);
    (void)lab3_process(program, sizeof program);
    timer_init();
    irq_register(IRQ_TIMER, tick);
    schedule();
}
