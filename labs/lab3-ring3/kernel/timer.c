/*
 * timer.c - the 8254 timer of the PC. (Intel 8254 data sheet.)
 */
#include <cpu.h>
#include <exercise.h>
#include <irq.h>
#include <schedule.h>
#include <timer.h>

#define PIT_CHANNEL0       0x40
#define PIT_COMMAND        0x43
#define PIT_RATE_GENERATOR 0x34 /* channel 0, low then high byte, mode 2 */
#define PIT_HZ             1193182

static void timer_interrupt(struct trap_frame *frame)
{
    timer_tick(frame);
    require(false, "3.5", "timer_tick() has returned: it must end with schedule()");
}

void timer_init(void)
{
    irq_register(IRQ_TIMER, timer_interrupt);
    outb(PIT_COMMAND, PIT_RATE_GENERATOR);
    outb(PIT_CHANNEL0, (uint8_t)(PIT_HZ / TIMER_HZ));
    outb(PIT_CHANNEL0, (uint8_t)(PIT_HZ / TIMER_HZ >> 8));
}
