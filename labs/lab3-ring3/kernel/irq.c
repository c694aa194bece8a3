/*
 * irq.c - the two 8259A interrupt controllers of the PC.
 *
 * The BIOS leaves their interrupts at vectors 8–15, where they look like
 * exceptions, and the timer's line open; they are moved to 32–47. (Intel 8259A
 * data sheet.)
 */
#include <cpu.h>
#include <irq.h>

#define PIC1           0x20 /* command port; data is the next one */
#define PIC2           0xA0
#define PIC_INITIALIZE 0x11 /* ICW1: cascaded, ICW4 follows */
#define PIC_8086       0x01 /* ICW4 */
#define PIC_END        0x20 /* OCW2: end of interrupt */
#define PIC_READ_ISR   0x0B /* OCW3: which interrupt is in service */

#define IRQ_SPURIOUS 7
#define IRQ_LINES    8

static trap_handler_t lines[IRQ_LINES];

static void interrupt(struct trap_frame *frame)
{
    outb(PIC1, PIC_END);
    lines[frame->vector - VECTOR_TIMER](frame);
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

void irq_init(void)
{
    trap_register(VECTOR_TIMER + IRQ_SPURIOUS, spurious_interrupt);
    outb(PIC1, PIC_INITIALIZE);
    outb(PIC2, PIC_INITIALIZE);
    outb(PIC1 + 1, VECTOR_TIMER);
    outb(PIC2 + 1, VECTOR_TIMER + IRQ_LINES);
    outb(PIC1 + 1, 1 << 2); /* ICW3: the second one hangs on IRQ 2 */
    outb(PIC2 + 1, 2);
    outb(PIC1 + 1, PIC_8086);
    outb(PIC2 + 1, PIC_8086);
    outb(PIC1 + 1, 0xFF);
    outb(PIC2 + 1, 0xFF);
}

void irq_register(unsigned line, trap_handler_t handler)
{
    lines[line] = handler;
    trap_register(VECTOR_TIMER + line, interrupt);
    outb(PIC1 + 1, inb(PIC1 + 1) & (uint8_t) ~(1 << line));
}
