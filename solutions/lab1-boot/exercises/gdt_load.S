/*
 * Exercise 1.2: gdt_load
 *
 * In:  rdi   the address of a struct table_register (see <cpu.h>)
 * Out: GDTR holds it; CS is SELECTOR_KERNEL_CODE; SS, DS and ES are
 *      SELECTOR_KERNEL_DATA. The caller's registers rbx, rbp, rsp and r12 to
 *      r15 and the direction flag are as before (System V ABI, 3.2.1).
 *
 * lgdt loads GDTR and nothing else: each segment register keeps what it was
 * loaded with until it is loaded again. mov cannot load CS; a far return can:
 * retfq takes the new RIP from the stack and, above it, the new CS.
 * SDM volume 3A, 3.4.3 ("Segment Registers"); volume 2A, LGDT; 2B, RET.
 * Check: make grade ONLY=1.2
 */
#include <exercise.h>
#include <gdt.h>

    .intel_syntax noprefix
    .section .text

    .globl  gdt_load
gdt_load:
    /* SOLUTION */
    lgdt    [rdi]
    mov     eax, SELECTOR_KERNEL_DATA
    mov     ss, eax
    mov     ds, eax
    mov     es, eax
    pop     rax                         /* our return address */
    push    SELECTOR_KERNEL_CODE
    push    rax
    retfq
    /* END SOLUTION */
