/*
 * irq.h - interrupts of devices, by the line of the interrupt controller that they come in on.
 */
#pragma once

#include <trap.h>

#define IRQ_TIMER    0
#define VECTOR_TIMER 32 /* line n arrives as this vector + n */

/* Move the interrupts of both controllers away from the vectors of exceptions, and mask
 * them all. */
void irq_init(void);

/* Have `handler` called at each interrupt on the line, 0 to 7, and let it come through. The
 * controller has been told of its end by then: the handler need not return. */
void irq_register(unsigned line, trap_handler_t handler);
