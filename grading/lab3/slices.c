/*
 * slices.c - two processes and the timer. The first one may run only after the
 * second has had three of its slices: schedule() must come to it then, and each
 * of the two gets as many slices as there are.
 */
#include <lab3.h>
#include <timer.h>

#define PIC1    0x20        /* the interrupt controller's command port */
#define PIC_END 0x20

/* 1: inc rbx; jmp 1b */
static const uint8_t program[] = { 0x48, 0xFF, 0xC3, 0xEB, 0xFB };

_Noreturn void all_processes_ended(void)
{
    observed_all();
}

static void tick(struct trap_frame *frame)
{
    static unsigned ticks;
    outb(PIC1, PIC_END);
    if (++ticks == 3)
        process_first()->state = PROCESS_READY;
    observe("tick in PID", (uint64_t)current_process()->pid);
    observe("rbx", frame->rbx);
    timer_tick(frame);
    observe("timer_tick returned", ticks);
}

_Noreturn void kmain(void)
{
    lab3_start();
    lab3_process(program, sizeof program)->state = PROCESS_NEW;
    (void)lab3_process(program, sizeof program);
    timer_init();
    trap_register(VECTOR_TIMER, tick);
    schedule();
}
