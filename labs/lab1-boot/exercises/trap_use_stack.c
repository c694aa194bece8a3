/*
 * Exercise 1.6: trap_use_stack
 *
 * In:  vector      0 to 255
 *      ist         which of the seven IST stacks, 1 to 7
 *      stack_top   the address just above that stack, 16-byte aligned
 * Out: the TSS holds the stack as IST `ist`, and the gate of the vector names
 *      it; the rest of the gate is as before.
 *
 * When the stack itself is the problem, pushing a frame onto it faults again:
 * only a vector with a stack of its own survives that. See tss_set_ist() and
 * idt_get(), idt_set(). SDM volume 3A, 6.14.5 ("Interrupt Stack Table").
 * Check: make grade ONLY=1.6
 */
#include <exercise.h>
#include <idt.h>
#include <trap.h>
#include <tss.h>

void trap_use_stack(unsigned vector, unsigned ist, uint64_t stack_top)
{
    todo("1.6");
}
