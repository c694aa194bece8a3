/*
 * Exercise 4.1: wait_switch
 *
 * In:  rdi   a struct trap_frame in the record of the current process
 * Out: it returns to its caller, much later: when the scheduler goes on with this
 *      process. rbx, rbp, rsp and r12 to r15 are what they were; the other
 *      registers may have any value, as after every call.
 *
 * Leaving takes three things: save what must survive a call (System V ABI, 3.2.1,
 * "Registers"), save where to go on, and jump to schedule(). Coming back takes
 * nothing: the scheduler ends in trap_return() with a copy of this frame, and in 64-bit
 * mode iretq always loads SS and RSP, from ring 0 to ring 0, too. So the frame says: RIP
 * is the return address of this call, RSP is what it was before the call, CS and
 * SS are the kernel's, and RFLAGS is RFLAGS_START, with IF clear.
 * The offsets TRAP_… of a frame's members are in <trap_offsets.h>.
 * SDM volume 3A, 6.14.3 ("IRET in IA-32e Mode").
 * Check: make grade ONLY=4.1
 */
#include <exercise.h>
#include <gdt.h>
#include <trap_offsets.h>

#define RFLAGS_START 0x2                /* bit 1 is always 1 */

    .intel_syntax noprefix
    .section .text

    .globl  wait_switch
wait_switch:
    /* SOLUTION */
    pop     rax                         /* where to go on; RSP is as before the call */
    mov     [rdi + TRAP_RIP], rax
    mov     [rdi + TRAP_RSP], rsp
    mov     qword ptr [rdi + TRAP_CS], SELECTOR_KERNEL_CODE
    mov     qword ptr [rdi + TRAP_SS], SELECTOR_KERNEL_DATA
    mov     qword ptr [rdi + TRAP_RFLAGS], RFLAGS_START
    mov     [rdi + TRAP_RBX], rbx
    mov     [rdi + TRAP_RBP], rbp
    mov     [rdi + TRAP_R12], r12
    mov     [rdi + TRAP_R13], r13
    mov     [rdi + TRAP_R14], r14
    mov     [rdi + TRAP_R15], r15
    jmp     schedule
    /* END SOLUTION */
