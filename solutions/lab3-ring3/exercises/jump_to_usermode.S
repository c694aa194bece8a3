/*
 * Exercise 3.2: jump_to_usermode
 *
 * In:  rdi   the address of the program's first instruction
 *      rsi   its stack pointer, 16-byte aligned
 * Out: the processor executes the program in ring 3: CS SELECTOR_USER_CODE, SS,
 *      DS and ES SELECTOR_USER_DATA, FS and GS 0, RFLAGS with IF set and all
 *      else clear (bit 1 is always 1), every general register but RSP 0.
 *
 * No jump or call leads to a ring with fewer rights, but a return does: iretq
 * takes RIP, CS, RFLAGS, RSP and SS from the stack, in this order from the top.
 * Until then interrupts stay off: a trap in between would find half of it.
 * SDM volume 3A, 5.8.1 and 6.14.3 ("IRET in IA-32e Mode"); volume 2A, IRET.
 * Check: make grade ONLY=3.2
 */
#include <exercise.h>
#include <gdt.h>

#define RFLAGS_START 0x202              /* RFLAGS_RESERVED | RFLAGS_IF */

    .intel_syntax noprefix
    .section .text

    .globl  jump_to_usermode
jump_to_usermode:
    /* SOLUTION */
    cli
    mov     eax, SELECTOR_USER_DATA
    mov     ds, eax
    mov     es, eax
    xor     ecx, ecx
    mov     fs, ecx
    mov     gs, ecx
    push    rax                         /* SS */
    push    rsi                         /* RSP */
    push    RFLAGS_START
    push    SELECTOR_USER_CODE
    push    rdi                         /* RIP */
    .irp    reg, eax, ebx, edx, esi, edi, ebp, r8d, r9d, r10d, r11d, r12d, r13d, r14d, r15d
    xor     \reg, \reg
    .endr
    iretq
    /* END SOLUTION */
