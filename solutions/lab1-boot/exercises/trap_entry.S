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
    /* SOLUTION */
    /* 1. */
    push    rax
    push    rbx
    push    rcx
    push    rdx
    push    rsi
    push    rdi
    push    rbp
    push    r8
    push    r9
    push    r10
    push    r11
    push    r12
    push    r13
    push    r14
    push    r15
    /* 2.–3. The frame is 176 bytes: the stack is 16-byte aligned at the call. */
    cld
    mov     rdi, rsp
    call    trap_dispatch
    /* 4. */
    mov     rdi, rsp
    /* fall through */
    /* END SOLUTION */

    .globl  trap_return
trap_return:
    /* SOLUTION */
    /* 5. */
    mov     rsp, rdi
    /* 6. */
    pop     r15
    pop     r14
    pop     r13
    pop     r12
    pop     r11
    pop     r10
    pop     r9
    pop     r8
    pop     rbp
    pop     rdi
    pop     rsi
    pop     rdx
    pop     rcx
    pop     rbx
    pop     rax
    add     rsp, 16                     /* vector and error code */
    iretq
    /* END SOLUTION */
