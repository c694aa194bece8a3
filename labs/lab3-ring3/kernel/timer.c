/*
 * timer.c - the two 8259A interrupt controllers and the 8254 timer of the PC.
 *
 * The BIOS leaves the controllers' interrupts at vectors 8–15, where they look
 * like exceptions; they are moved to 32–47. (Intel 8259A and 8254 data sheets.)
 */
#include <cpu.h>
#include <schedule.h>
#include <timer.h>
#include <trap.h>

#define PIC1                0x20        /* command port; data is the next one */
#define PIC2                0xA0
#define PIC_INITIALIZE      0x11        /* ICW1: cascaded, ICW4 follows */
#define PIC_8086            0x01        /* ICW4 */
#define PIC_END             0x20        /* OCW2: end of interrupt */
#define PIC_READ_ISR        0x0B        /* OCW3: which interrupt is in service */
#define PIT_CHANNEL0        0x40
#define PIT_COMMAND         0x43
#define PIT_RATE_GENERATOR  0x34        /* channel 0, low then high byte, mode 2 */
#define PIT_HZ              1193182

#define VECTOR_IRQ          VECTOR_TIMER    /* IRQ n arrives as this vector + n */
#define IRQ_TIMER           0
#define IRQ_SPURIOUS        7

static void timer_interrupt(struct trap_frame *frame)
{
    outb(PIC1, PIC_END);
    timer_tick(frame);
}

/* A request that went away before it was acknowledged arrives as IRQ 7, without
 * being in service: then there is nothing to end. */
static void spurious_interrupt(struct trap_frame *frame)
{
    (void)frame;
    outb(PIC1, PIC_READ_ISR);
    if (inb(PIC1) & 1 << IRQ_SPURIOUS)
        outb(PIC1, PIC_END);
}

static void pic_init(void)
{
    outb(PIC1, PIC_INITIALIZE);
    outb(PIC2, PIC_INITIALIZE);
    outb(PIC1 + 1, VECTOR_IRQ);
    outb(PIC2 + 1, VECTOR_IRQ + 8);
    outb(PIC1 + 1, 1 << 2);             /* ICW3: the second one hangs on IRQ 2 */
    outb(PIC2 + 1, 2);
    outb(PIC1 + 1, PIC_8086);
    outb(PIC2 + 1, PIC_8086);
    outb(PIC1 + 1, (uint8_t)~(1 << IRQ_TIMER));
    outb(PIC2 + 1, 0xFF);
}

void timer_init(void)
{
    trap_register(VECTOR_IRQ + IRQ_TIMER, timer_interrupt);
    trap_register(VECTOR_IRQ + IRQ_SPURIOUS, spurious_interrupt);
    pic_init();
    outb(PIT_COMMAND, PIT_RATE_GENERATOR);
    outb(PIT_CHANNEL0, (uint8_t)(PIT_HZ / TIMER_HZ));
    outb(PIT_CHANNEL0, (uint8_t)(PIT_HZ / TIMER_HZ >> 8));
}
