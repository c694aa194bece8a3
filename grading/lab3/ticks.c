/*
 * ticks.c - what becomes of the timer's ticks while IF is clear. Not an exercise's test:
 * tests/test_facts.py reads it.
 */
#include <irq.h>
#include <lab3.h>
#include <timer.h>

#define PIT_CHANNEL0 0x40
#define PIT_COMMAND  0x43
#define PERIODS      5

static volatile uint64_t ticks;

_Noreturn void all_processes_ended(void)
{
    observed_all();
}

static void tick(struct trap_frame *frame)
{
    (void)frame;
    ticks++;
}

/* It counts down, and starts over when a period has passed. */
static unsigned counter(void)
{
    outb(PIT_COMMAND, 0); /* latch channel 0 */
    unsigned low = inb(PIT_CHANNEL0);
    return low | (unsigned)inb(PIT_CHANNEL0) << 8;
}

_Noreturn void kmain(void)
{
    lab3_start();
    timer_init();
    irq_register(IRQ_TIMER, tick);
    unsigned periods = 0;
    for (unsigned last = counter(), now; periods < PERIODS; last = now) {
        now = counter();
        periods += now > last;
    }
    asm volatile("sti; nop; nop; cli" : : : "memory");
    observe("periods with IF clear", periods);
    observe("ticks after them", ticks);
    printf("    %u periods with IF clear, then sti: %lu tick\n", periods, ticks);
    observed_all();
}
