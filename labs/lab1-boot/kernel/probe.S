/*
 * probe.S - instructions that the kernel executes to see what happens.
 */
    .intel_syntax noprefix
    .section .text

/*
 * unsigned probe_breakpoint(void)
 *
 * Execute int3 with a value of its own in each general register but RSP.
 * Returns how many registers hold another value afterwards.
 */
    .globl  probe_breakpoint
probe_breakpoint:
    .irp    reg, rbx, rbp, r12, r13, r14, r15
    push    \reg
    .endr
    .set    value, 0x51
    .irp    reg, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
    mov     \reg, value
    .set    value, value + 1
    .endr
    int3
    /* Count in memory: every register is under test. */
    push    0
    .set    value, 0x51
    .irp    reg, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
    cmp     \reg, value
    je      1f
    inc     qword ptr [rsp]
1:
    .set    value, value + 1
    .endr
    pop     rax
    .irp    reg, r15, r14, r13, r12, rbp, rbx
    pop     \reg
    .endr
    ret

/*
 * _Noreturn void probe_stack_overflow(void)
 *
 * Push until the stack is full, as a recursion without an end does.
 */
    .globl  probe_stack_overflow
probe_stack_overflow:
    push    rax
    jmp     probe_stack_overflow
