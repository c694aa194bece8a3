/*
 * probe.S - instructions that the kernel executes to see what happens.
 */
#define RFLAGS_IF 0x200
#define RFLAGS_DF 0x400

    .intel_syntax noprefix
    .section .text

/*
 * unsigned probe_gdt_load(const struct table_register *gdtr)
 *
 * Call gdt_load() with a different value in each register that it must preserve.
 */
    .globl  probe_gdt_load
probe_gdt_load:
    .irp    reg, rbx, rbp, r12, r13, r14, r15
    push    \reg
    .endr
    mov     [rip + stack], rsp
    .set    value, 0x51
    .irp    reg, rbx, rbp, r12, r13, r14, r15
    mov     \reg, value
    .set    value, value + 1
    .endr
    call    gdt_load
    mov     rcx, rsp
    mov     rsp, [rip + stack]
    pushfq
    pop     rdx
    cld
    xor     eax, eax
    .set    value, 0x51
    .irp    reg, rbx, rbp, r12, r13, r14, r15
    cmp     \reg, value
    je      1f
    or      eax, 1 << (value - 0x51)
1:
    .set    value, value + 1
    .endr
    cmp     rcx, rsp
    je      1f
    or      eax, 1 << 6
1:
    test    edx, RFLAGS_DF
    jz      1f
    or      eax, 1 << 7
1:
    test    edx, RFLAGS_IF
    jz      1f
    or      eax, 1 << 8
1:
    .irp    reg, r15, r14, r13, r12, rbp, rbx
    pop     \reg
    .endr
    ret

/*
 * unsigned probe_breakpoint(void)
 *
 * Execute int3 with a different value in each general register but RSP, and with DF set.
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
    mov     [rip + stack], rsp
    std
    int3
    /* Note it in memory: every register is under test. */
    mov     [rip + stack_after], rsp
    mov     rsp, [rip + stack]
    pushfq
    cld
    xor     dword ptr [rsp], RFLAGS_DF
    and     dword ptr [rsp], RFLAGS_DF
    shl     dword ptr [rsp], 16 - 10
    .set    value, 0x51
    .irp    reg, rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
    cmp     \reg, value
    je      1f
    or      dword ptr [rsp], 1 << (0x5F - value)
1:
    .set    value, value + 1
    .endr
    pop     rax
    cmp     rsp, [rip + stack_after]
    je      1f
    or      eax, 1 << 15
1:
    .irp    reg, r15, r14, r13, r12, rbp, rbx
    pop     \reg
    .endr
    ret

    .local  stack, stack_after
    .comm   stack, 8
    .comm   stack_after, 8

/*
 * _Noreturn void probe_trap_return(struct trap_frame *frame)
 */
    .globl  probe_trap_return
probe_trap_return:
    .irp    reg, rax, rbx, rcx, rdx, rsi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
    mov     \reg, -1
    .endr
    jmp     trap_return

/*
 * _Noreturn void probe_stack_overflow(void)
 *
 * Push until the stack is full, as endless recursion does.
 */
    .globl  probe_stack_overflow
probe_stack_overflow:
    push    rax
    jmp     probe_stack_overflow
