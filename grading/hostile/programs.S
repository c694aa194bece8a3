/*
 * programs.S - what hostile programs try, and how each must end. See hostile.c of lab 3.
 *
 * A row: its name; the vector of the trap with which it ends (EXIT: a system call exit;
 * SLICES: the timer, for it never ends by itself); the error code, or the status of exit;
 * then its code, which runs at PROGRAM + the prelude with all registers 0 but RSP, DATA a
 * page that it may write. Behind the code lie bytes 0xCC.
 */
    .intel_syntax noprefix

    .set    DE, 0
    .set    DB, 1
    .set    UD, 6
    .set    NM, 7
    .set    NP, 11
    .set    SS_, 12
    .set    GP, 13
    .set    PF, 14
    .set    AC, 17
    .set    SLICES, 32
    .set    EXIT, 0x80
    .set    REFUSED, 0x100
    .set    ANY, 0x7fffffff
    .set    ENOEXEC, -8
    .set    ENOMEM, -12
    .set    EBADF, -9
    .set    EFAULT, -14
    .set    ENOSYS, -38

    .set    DATA, 0x500000
    .set    STACK_TOP, 0x7ffffffff000
    .set    KERNEL, 0xffff800010000000
    .set    KERNEL_STACKS, 0xffff800000000000
    .set    PHYSICAL, 0xffff888000000000
    .set    NEIGHBOUR_DATA, 0x700000
    .set    TURN, 119                   /* as in hostile.c */

    /* hostile_syscalls.c runs all this in lab 5's kernel, where `syscall` and SSE are allowed:
     * it takes the place of `int 0x80`, and what was undefined is followed by int3. */
    .ifdef  BY_SYSCALL
    .set    FROM_LAB_5, GP
    .set    FXSAVE, PF                  /* 512 bytes, over the end of the stack */
    .macro  int vector
    syscall
    .endm
    .else
    .set    FROM_LAB_5, UD
    .set    FXSAVE, NM
    .endif

    .section .rodata.hostile_rows, "a"
    .balign 8
    .globl  hostile_rows
hostile_rows:

    .macro  row kind, name, vector, value
    .section .rodata.hostile_names, "a"
8:  .asciz  "\name"
    .section .rodata.hostile_rows, "a"
    .quad   8b, 9f, \kind, \vector, \value
    .section .rodata.hostile_code, "a"
    .balign 16, 0xcc
9:
    .endm

    .macro  try name, vector, value=ANY
    row     0, "\name", \vector, \value
    .endm

    /* QEMU 7.2 does otherwise: it reads what far returns and iretq pop as ring 0 would, takes
     * a locked write for a read, and knows no int1 nor #SS: there any exception will do. */
    .macro  try_on_bochs name, vector, value=ANY
    row     2, "\name", \vector, \value
    .endm

    .macro  leave_with status
    mov     edi, \status
    mov     eax, 60
    int     0x80
    .endm

    /* A system call whose result must be the status of exit, too. */
    .macro  ask name, result, number, first=0, second=0, third=0
    try     "\name", EXIT, \result
    mov     rax, \number
    mov     rdi, \first
    mov     rsi, \second
    mov     rdx, \third
    int     0x80
    leave_with eax
    .endm

/* ---- privileged instructions, and those that nobody may use here ---- */

    .macro  forbidden list:vararg
    .irp    code, \list
    try     "\code", GP, 0
    \code
    .endr
    .endm
    forbidden cli, sti, hlt, clts, wbinvd, invd, sysexitq, rdmsr, wrmsr, "swapgs", "in al, dx"
    forbidden "out dx, al", "in eax, 0x80", "out 0xe9, al", "mov cr0, rax", "mov rax, cr0"
    forbidden "mov rax, cr2", "mov cr3, rax", "mov rax, cr3", "mov cr4, rax", "mov rax, cr4"
    forbidden "mov cr8, rax", "mov dr7, rax", "mov rax, dr6", "lgdt [rsp]", "lidt [rsp]", "lldt ax"
    forbidden "ltr ax", "lmsw ax", "invlpg [rsp]", "sgdt [rsp]", "sidt [rsp]", "sldt eax", "str eax"
    forbidden "smsw eax", "rep insb", "rep outsb", "sysenter"
    .macro  undefined list:vararg
    .irp    code, \list
    try     "\code", UD
    \code
    .endr
    .endm
    undefined "ud2", "clac", "stac", "vmcall", "vmlaunch", "rsm"
    undefined ".byte 0x06", ".byte 0x27", ".byte 0xea", ".byte 0x9a", ".byte 0xf0, 0x90"
    undefined ".byte 0x0f, 0x0a"
    .irp    code, syscall, sysretq
    try     "\code", FROM_LAB_5
    \code
    .endr
    .irp    port, 0x20, 0x21, 0x40, 0x43, 0x60, 0x64, 0x70, 0x80, 0x92, 0xe9
    try     "out to port \port", GP, 0
    out     \port, al
    .endr
    .irp    port, 0x3f8, 0x604, 0xcf9, 0x8900
    try     "out to port \port, by DX", GP, 0
    mov     edx, \port
    mov     eax, 0x2000
    out     dx, ax
    .endr
    try     "rdpmc", GP, 0
    mov     ecx, 0x7fffffff
    rdpmc
    try     "rdmsr of EFER", GP, 0
    mov     ecx, 0xc0000080
    rdmsr
    try     "rdtsc and cpuid, which are allowed", EXIT, 0
    rdtsc
    cpuid
    leave_with 0

/* ---- vectors ---- */

    .macro  software_interrupts list:vararg
    .irp    vector, \list
    try     "int \vector", GP
    .byte   0xcd, \vector
    .endr
    .endm
    software_interrupts 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21
    software_interrupts 22, 29, 30, 31, 32, 33, 39, 40, 47, 48, 100, 127, 129, 200, 255
    try     "int3 of one byte", GP
    int3
    try_on_bochs "mov rax, cr1", UD
    mov     rax, cr1
    try_on_bochs "int1", DB
    .byte   0xf1
    try     "a division by zero", DE, 0
    div     ecx
    try     "a quotient that is too large", DE, 0
    mov     eax, 0x80000000
    cdq
    mov     ecx, -1
    idiv    ecx

/* ---- selectors: entries 0 to 6 and beyond the GDT, TI 0 and 1, each RPL ---- */

    .irp    sel, 0x0, 0x3, 0x18, 0x19, 0x1b, 0x20, 0x21, 0x22, 0x23
    try     "mov ds, \sel", EXIT, 0
    mov     eax, \sel
    mov     ds, eax
    leave_with 0
    .endr
    .macro  selectors list:vararg
    .irp    sel, \list
    .irp    reg, ds, gs, ss
    try     "mov \reg, \sel", GP, \sel & 0xfffc
    mov     eax, \sel
    mov     \reg, eax
    .endr
    try     "far jump to \sel", GP, \sel & 0xfffc
    lea     rax, [rip + 1f]
    push    \sel
    push    rax
    rex.w jmp fword ptr [rsp]
1:  leave_with 1
    try     "far call to \sel", GP, \sel & 0xfffc
    lea     rax, [rip + 1f]
    push    \sel
    push    rax
    rex.w call fword ptr [rsp]
1:  leave_with 1
    try_on_bochs "far return to \sel", GP, \sel & 0xfffc
    lea     rax, [rip + 1f]
    push    \sel
    push    rax
    retfq
1:  leave_with 1
    try_on_bochs "iretq to \sel", GP, \sel & 0xfffc
    lea     rax, [rip + 1f]
    push    0x23
    push    STACK_TOP & 0x7fffffff
    push    0x202
    push    \sel
    push    rax
    iretq
1:  leave_with 1
    .endr
    .endm
    selectors 0x4, 0x7, 0x8, 0xb, 0xc, 0xd, 0xf, 0x10, 0x13, 0x14, 0x1c, 0x1f, 0x24, 0x27, 0x28
    selectors 0x2b, 0x2c, 0x30, 0x33, 0x38, 0x40, 0x48, 0x50, 0x78, 0x80, 0xfff8, 0xffff, 0xfffc
    .irp    sel, 0x0, 0x1, 0x2, 0x3, 0x18, 0x20
    try_on_bochs "iretq with SS \sel", GP, \sel & 0xfffc
    lea     rax, [rip + 1f]
    push    \sel
    push    0
    push    0x202
    push    0x1b
    push    rax
    iretq
1:  leave_with 1
    .endr
    .irp    code, "lar eax, ecx", "lsl eax, ecx", "verr cx", "verw cx"
    try     "\code of the kernel's segment, which says nothing", EXIT, 0
    mov     ecx, 8
    \code
    setz    al
    movzx   ebx, al
    leave_with ebx
    .endr

/* ---- flags ---- */

    /* popf ignores IF and IOPL; the system call must work, whatever else is set. */
    .irp    flags, 0x3202, 0x4202, 0x40202, 0x202, 0x0, 0x600, 0x240ed7, 0x3ed7, 0x1a0000, 0x7fbed7
    ask     "a system call after popf of \flags", EBADF, 1, 9
    try     "popf of \flags, then cli", GP, 0
    push    \flags
    popfq
    cli
    try     "popf of \flags, then a system call", EXIT, EBADF
    push    \flags
    popfq
    mov     eax, 1
    mov     edi, 9
    int     0x80
    leave_with eax
    try_on_bochs "iretq with \flags, then out", GP, 0
    lea     rax, [rip + 1f]
    push    0x23
    push    0
    push    \flags & ~0x24100
    push    0x1b
    push    rax
    mov     [rsp + 24], rsp
    iretq
1:  out     0xe9, al
    .endr
    try     "popf of 0, then a loop: IF stays", SLICES
    push    0
    popfq
1:  jmp     1b
    try_on_bochs "iretq with NT", GP, 0
    push    0x4202
    popfq
    push    0x23
    push    0
    push    0x202
    push    0x1b
    push    0
    iretq
    try     "a single step", DB
    push    0x302
    popfq
    nop
    nop
    try     "a single step into a system call", DB
    mov     eax, 39
    push    0x302
    popfq
    int     0x80
    nop
    leave_with 1
    try     "a single step into exit", EXIT, 5
    mov     edi, 5
    mov     eax, 60
    push    0x302
    popfq
    int     0x80
    try     "mov ss before a system call", EXIT, EBADF
    mov     ecx, 0x23
    mov     eax, 1
    mov     edi, 9
    mov     ss, ecx
    int     0x80
    leave_with eax
    try     "mov ss before int3, with TF", GP
    mov     ecx, 0x23
    push    0x302
    mov     ss, ecx
    popfq
    int3
    try     "DF set at a system call", EXIT, 4
    std
    mov     eax, 1
    mov     edi, 1
    mov     esi, DATA
    mov     edx, 4
    int     0x80
    leave_with eax
    try     "an unaligned read with AC", EXIT, 0
    push    0x40202
    popfq
    mov     eax, [rsp + 1 - 16]
    leave_with 0
