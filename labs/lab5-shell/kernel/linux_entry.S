/*
 * linux_entry.S - where the instruction `syscall` leads.
 *
 * It is quick because it does little: RIP goes into RCX, RFLAGS into R11, and RSP stays the
 * program's, which may be anything. (SDM volume 2B, SYSCALL.) So nothing is pushed before
 * the process's own kernel stack is there; IF is clear by MSR_FMASK, and NMI, #DB and #MC have
 * stacks of their own. Then the stack is made to look as after `int 0x80`.
 */
#include <gdt.h>
#include <linux.h>
#include <syscall_numbers.h>

    .intel_syntax noprefix
    .section .text

    .globl  linux_entry
linux_entry:
    mov     [rip + programs_rsp], rsp
    mov     rsp, [rip + current]
    mov     rsp, [rsp + PROCESS_KERNEL_STACK]
    push    SELECTOR_USER_DATA
    push    qword ptr [rip + programs_rsp]
    push    r11
    push    SELECTOR_USER_CODE
    push    rcx
    push    0                           /* no error code */
    push    SYSCALL_VECTOR
    jmp     trap_entry                  /* back by iretq: it takes any RIP, and sysret does not */

    .section .rodata
    .globl  linux_names
linux_names:
    .incbin "labs/lab5-shell/kernel/linux_names.txt"
    .byte   0

    .section .bss
    .balign 8
programs_rsp:
    .skip   8
