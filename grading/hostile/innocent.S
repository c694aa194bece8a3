/*
 * innocent.S - what every hostile program begins with, and its neighbour.
 */
    .ifdef  BY_SYSCALL                  /* it looks whether RCX and R11 are as they were */
    .purgem int
    .endif
    .section .rodata.hostile_innocent, "a"
    .balign 16
    .globl  hostile_prelude, hostile_prelude_end, hostile_neighbour, hostile_neighbour_end

    /* A fresh stack and a fresh page hold nothing but zeroes; then it leaves something there. */
hostile_prelude:
    lea     rdi, [rsp + 64 - 0x10000]
    mov     ecx, 0x10000 / 8
    xor     eax, eax
    repe scasq
    jne     1f
    mov     edi, DATA
    mov     ecx, 0x1000 / 8
    repe scasq
    jne     1f
    mov     rax, 0x6c656674206f7665
    mov     edi, DATA
    mov     ecx, 0x1000 / 8
    rep stosq
    mov     [rsp - 0x1000], rax
    xor     eax, eax
    xor     edi, edi
    jmp     2f
1:  leave_with 0x1eac                   /* LEAKED, as in hostile.c */
    .balign 16
2:
hostile_prelude_end:

    /* It lets another program have its turn, and finds everything as it was. What is not ends
     * it, with a status that says what. */
    .set    FLAGS, 0x40ed7              /* AC, OF, DF, IF, SF, ZF, AF, PF, CF */
    .set    PATTERN, 0x0123456789abcdef
    .macro  selector what, reg, expected
    mov     ecx, \reg
    mov     edi, \what
    cmp     ecx, \expected
    jne     8f
    .endm

hostile_neighbour:
    mov     eax, 0x23
    mov     ds, eax
    mov     eax, 0x20
    mov     es, eax
    mov     eax, 0x22
    mov     fs, eax
    mov     eax, 0x21
    mov     gs, eax
    mov     rax, PATTERN
    mov     edi, NEIGHBOUR_DATA
    mov     ecx, 0x1000 / 8
    rep stosq
    lea     rdi, [rsp + 64 - 0x10000]
    mov     ecx, (0x10000 - 0x1000) / 8
    rep stosq
    lea     rsp, [rsp - 0x800]
    push    rax
1:  .set    count, 0x11
    .irp    reg, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
    mov     \reg, 0x7a000000 + count
    .set    count, count + 1
    .endr
    mov     eax, TURN
    push    FLAGS
    popfq
    int     0x80
    pushfq
    push    rdi
    cmp     qword ptr [rsp + 8], FLAGS
    mov     edi, 1
    jne     8f
    pop     rdi
    lea     rsp, [rsp + 8]
    .set    count, 0x11
    .irp    reg, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
    cmp     \reg, 0x7a000000 + count
    jne     7f
    .set    count, count + 1
    .endr
    cmp     rax, TURN
7:  mov     edi, 0x10
    jne     8f
    cld
    selector 0x30, ds, 0x23
    selector 0x31, es, 0x20
    selector 0x32, fs, 0x22
    selector 0x33, gs, 0x21
    selector 0x34, ss, 0x23
    selector 0x35, cs, 0x1b
    mov     rax, PATTERN
    mov     edi, 0x40
    cmp     [rsp], rax
    jne     8f
    mov     edi, NEIGHBOUR_DATA
    mov     ecx, 0x1000 / 8
    repe scasq
    mov     edi, 0x41
    jne     8f
    lea     rdi, [rsp + 0x808 + 64 - 0x10000]
    mov     ecx, (0x10000 - 0x1000) / 8
    repe scasq
    mov     edi, 0x42
    jne     8f
    jmp     1b
8:  mov     eax, 60
    int     0x80
hostile_neighbour_end:
