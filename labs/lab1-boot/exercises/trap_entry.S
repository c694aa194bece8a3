/*
 * Exercise 1.5: trap_entry, trap_return
 *
 * All stubs jump to trap_entry. The stack holds, in the order of the pushes,
 * SS, RSP, RFLAGS, CS, RIP (the processor's), the error code and the vector:
 * the end of struct trap_frame in <trap.h>. To do:
 *   1. Push the 15 general registers so that the stack holds a whole trap frame.
 *   2. Clear the direction flag, as the System V ABI requires (3.2.1).
 *   3. Call trap_dispatch() with the frame's address as its argument.
 *   4. Go on at trap_return with the same frame.
 *
 * trap_return(frame) never returns to its caller:
 *   5. Make the stack pointer point to the frame that rdi names.
 *   6. Load the 15 registers, drop vector and error code, iretq.
 *
 * In 64-bit mode the processor aligns the stack to 16 bytes before it pushes,
 * and always pushes SS:RSP. SDM volume 3A, 6.14.2 ("64-Bit Mode Stack Frame").
 * Check: make grade ONLY=1.5
 */
#include <exercise.h>

    .intel_syntax noprefix
    .section .text

    .globl  trap_entry
trap_entry:
    TODO("1.5", "trap_entry")

    .globl  trap_return
trap_return:
    TODO("1.5", "trap_return")
