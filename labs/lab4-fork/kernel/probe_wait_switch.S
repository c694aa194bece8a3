/*
 * probe_wait_switch.S - wait_switch() with a value of its own in each register that must
 * survive a call, and on the stack.
 */
    .intel_syntax noprefix
    .section .text

/* unsigned probe_wait_switch(struct trap_frame *registers): how many have changed. */
    .globl  probe_wait_switch
probe_wait_switch:
    .irp    reg, rbx, rbp, r12, r13, r14, r15
    push    \reg
    .endr
    push    0x5157
    mov     ebx, 0x51
    mov     ebp, 0x52
    mov     r12d, 0x53
    mov     r13d, 0x54
    mov     r14d, 0x55
    mov     r15d, 0x56
    call    wait_switch
    xor     eax, eax
    .macro  changed what, value
    xor     ecx, ecx
    cmp     \what, \value
    setne   cl
    add     eax, ecx
    .endm
    changed rbx, 0x51
    changed rbp, 0x52
    changed r12, 0x53
    changed r13, 0x54
    changed r14, 0x55
    changed r15, 0x56
    changed "qword ptr [rsp]", 0x5157
    add     rsp, 8
    .irp    reg, r15, r14, r13, r12, rbp, rbx
    pop     \reg
    .endr
    ret
