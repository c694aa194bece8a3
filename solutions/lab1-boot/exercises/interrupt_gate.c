/*
 * Exercise 1.4: interrupt_gate
 *
 * In:  handler   the address that the processor is to jump to
 *      dpl       the least privileged ring that may go through it with `int n`
 * Out: a present interrupt gate to that handler in the segment
 *      SELECTOR_KERNEL_CODE, with that DPL and no IST stack; reserved bits are 0.
 *
 * An interrupt gate clears IF on the way in; a trap gate does not.
 * SDM volume 3A, 6.14.1 ("64-Bit Mode IDT"), figure 6-8; struct gate in <idt.h>.
 * Check: make grade ONLY=1.4
 */
#include <exercise.h>
#include <gdt.h>
#include <idt.h>

struct gate interrupt_gate(uint64_t handler, unsigned dpl)
{
    /* SOLUTION */
    return (struct gate){
        .offset_low = (uint16_t)handler,
        .offset_middle = (uint16_t)(handler >> 16),
        .offset_high = (uint32_t)(handler >> 32),
        .selector = SELECTOR_KERNEL_CODE,
        .type = GATE_P | GATE_DPL(dpl) | GATE_INTERRUPT,
    };
    /* END SOLUTION */
}
