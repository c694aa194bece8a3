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
    undefined "ud2", "syscall", "sysretq", "clac", "stac", "vmcall", "vmlaunch", "rsm"
    undefined ".byte 0x06", ".byte 0x27", ".byte 0xea", ".byte 0x9a", ".byte 0xf0, 0x90"
    undefined ".byte 0x0f, 0x0a"
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

/* ---- addresses: as data, code and stack ---- */

    /* #PF's error code, in the order of a page that is mapped, or is not: read, write, fetch. */
    .macro  address name, at, read, write, fetch
    try     "a read of \name", PF, \read
    mov     rcx, \at
    mov     al, [rcx]
    try     "a write to \name", PF, \write
    mov     rcx, \at
    mov     byte ptr [rcx], al
    try_on_bochs "a locked write to \name", PF, \write
    mov     rcx, \at
    lock inc byte ptr [rcx]
    try     "a jump to \name", PF, \fetch
    mov     rcx, \at
    jmp     rcx
    try     "a push, with RSP in \name", PF, \write
    mov     rsp, \at + 8
    push    rax
    try_on_bochs "a far return from a stack in \name", PF, \read
    mov     rsp, \at
    retfq
    ask     "write from \name", EFAULT, 1, 1, \at, 1
    try     "exit, with RSP in \name", EXIT, 6
    mov     rsp, \at + 8
    leave_with 6
    .endm
    address "the null page", 0x0, 4, 6, 20
    address "an address below 4 MiB", 0x1000, 4, 6, 20
    address "the kernel's code", KERNEL, 5, 7, 21
    address "the kernel's data", KERNEL+0x40000, 5, 7, 21
    address "the map of physical memory", PHYSICAL, 5, 7, 21
    address "the kernel, in that map", PHYSICAL+0x200000, 5, 7, 21
    address "its own page table, in that map", PHYSICAL+0x800000, 5, 7, 21
    address "the guard page of a kernel stack", KERNEL_STACKS, 4, 6, 20
    address "the neighbour's kernel stack", KERNEL_STACKS+0x2000, 5, 7, 21
    address "the last page of all", 0xfffffffffffff000, 4, 6, 20
    address "a hole of the kernel half", 0xffffc00000000000, 4, 6, 20
    address "the guard page of its stack", STACK_TOP-0x11000, 4, 6, 20
    address "the page behind its stack", STACK_TOP, 4, 6, 20
    address "the neighbour's code", 0x600000, 4, 6, 20
    address "the neighbour's data", NEIGHBOUR_DATA, 4, 6, 20

    .irp    at, 0x800000000000, 0x8000000000000000, 0xffff7fffffffff00
    try     "a read of \at, not canonical", GP, 0
    mov     rcx, \at
    mov     al, [rcx]
    try_on_bochs "a push, with RSP \at", SS_, 0
    mov     rcx, \at
    lea     rsp, [rcx + 8]
    push    rax
    try     "a return to \at", GP, 0
    mov     rcx, \at
    push    rcx
    ret
    ask     "write from \at", EFAULT, 1, 1, \at, 1
    try     "exit, with RSP \at", EXIT, 6
    mov     rsp, \at
    leave_with 6
    .endr
    .irp    at, 0x0, 0x1, 0x7, 0x400001, 0x50000f, -1
    try     "a system call, with RSP \at", EXIT, EBADF
    mov     rsp, \at
    mov     eax, 1
    mov     edi, 9
    int     0x80
    leave_with eax
    try     "cli, with RSP \at", GP, 0
    mov     rsp, \at
    cli
    .endr
    try     "RSP and RIP as when a loader had swapped them", PF, 21
    mov     rsp, 0x400000
    mov     rax, STACK_TOP - 64
    jmp     rax
    try     "the last instruction of the user half", PF, 20
    mov     rax, STACK_TOP + 0xffe
    jmp     rax
    try     "recursion without end", PF, 6
1:  call    1b
    try     "one step over the guard page", PF, 6
    sub     rsp, 0x11000 - 64 + 8
    push    rax
    try     "one step over the guard page and beyond", PF, 6
    sub     rsp, 0x40000
    push    rax
    try     "a jump to its stack", PF, 21
    push    0x909090
    jmp     rsp
    try     "a jump to its data", PF, 21
    mov     eax, DATA
    jmp     rax
    try     "a write to its code", PF, 7
    lea     rax, [rip]
    mov     byte ptr [rax], 0x90
    try     "a jump into the kernel's trap_return", PF, 21
    movabs  rax, offset trap_return + 3
    jmp     rax
    try     "a jump into machine_off", PF, 21
    movabs  rax, offset machine_off
    jmp     rax
    try     "a copy of the kernel's code", PF, 5
    mov     rsi, KERNEL
    mov     edi, DATA
    mov     ecx, 4096
    rep movsb

/* ---- what the kernel does not save, and so must not give ---- */

    .macro  unsaved list:vararg
    .irp    code, \list
    try     "\code", UD
    \code
    .endr
    .endm
    unsaved "movaps xmm0, xmm1", "pxor xmm0, xmm0", "movups [rsp], xmm0", "ldmxcsr [rsp]"
    unsaved "xgetbv", "xsetbv"
    .irp    code, "fld1", "fninit", "fwait", "emms", "fnstsw ax", "fldcw [rsp]"
    try     "\code", 0x200
    \code
    leave_with 0
    .endr

    .irp    code, "fxsave [rsp]", "fxrstor [rsp]"
    try     "\code", NM, 0
    \code
    .endr

/* ---- system calls at their edges ---- */

    .macro  unknown_calls list:vararg
    .irp    number, \list
    ask     "system call \number", ENOSYS, \number
    .endr
    .endm
    unknown_calls 0, 2, 38, 40, 59, 61, 119, 127, 128, 255, 256, 0x7fffffff, 0x80000000
    unknown_calls 0x100000001, 0x10000003c, 0x8000000000000000, -1
    .irp    fd, 0, 3, 1000, 0x7fffffff, 0x80000000, -1
    ask     "write to \fd", EBADF, 1, \fd, DATA, 4
    .endr
    ask     "write to 0x100000001, of which 1 counts", 4, 1, 0x100000001, DATA, 4
    ask     "write of nothing from the kernel", 0, 1, 1, KERNEL, 0
    ask     "write of a page", 4096, 1, 1, DATA, 4096
    ask     "write across the end of a page", EFAULT, 1, 1, DATA+4095, 2
    ask     "write of the last byte of a page", 1, 1, 1, DATA+4095, 1
    ask     "write from the end of the stack", 1, 1, 1, STACK_TOP-1, 1
    ask     "write across the end of the stack", EFAULT, 1, 1, STACK_TOP-1, 2
    ask     "write to the end of the user half", EFAULT, 1, 1, STACK_TOP+0xfff, 1
    ask     "write across the end of the user half", EFAULT, 1, 1, STACK_TOP+0xfff, 2
    ask     "write that wraps around", EFAULT, 1, 1, DATA, -1
    ask     "write that wraps around to itself", EFAULT, 1, 1, DATA, -DATA
    ask     "write that ends in the kernel", EFAULT, 1, 1, DATA, KERNEL-DATA
    ask     "write of 2^63 bytes", EFAULT, 1, 1, DATA, 0x8000000000000000
    ask     "write of 1 TiB, of which 4096 bytes count", 4096, 1, 1, DATA, 0x10000000000
    ask     "write of its own code", 16, 1, 1, 0x400000, 16
    .irp    status, 0, 1, -1, 0x7fffffff, -0x80000000
    try     "exit with \status", EXIT, \status
    leave_with \status
    .endr
    try     "exit with a status of 64 bits", EXIT, 7
    mov     rdi, 0xdeadbeef00000007
    mov     eax, 60
    int     0x80
    try     "output that looks like the kernel's", EXIT, 51
    lea     rsi, [rip + 1f]
    mov     eax, 1
    mov     edi, 1
    mov     edx, 51
    int     0x80
    leave_with eax
1:  .ascii  "PANIC: not at all\r\n\033[2JNo process is left, all is well\n"
    try     "selectors of its own at a system call", EXIT, EBADF
    xor     ecx, ecx
    mov     ds, ecx
    mov     es, ecx
    mov     fs, ecx
    mov     eax, 1
    mov     edi, 9
    int     0x80
    leave_with eax

/* ---- programs that never end ---- */

    try     "a loop", SLICES
1:  jmp     1b
    try     "a loop of pause", SLICES
1:  pause
    jmp     1b
    try     "a string instruction without an end", SLICES
1:  mov     ecx, 512
    mov     edi, DATA
    rep stosq
    jmp     1b
    try     "a string instruction backwards", SLICES
    std
1:  mov     ecx, 512
    mov     edi, DATA + 4088
    rep stosq
    jmp     1b
    try     "system calls without an end", SLICES
1:  mov     eax, 39
    int     0x80
    jmp     1b
    try     "wrong system calls without an end", SLICES
1:  mov     eax, -1
    int     0x80
    jmp     1b
    try     "a flood of output", SLICES
1:  mov     eax, 1
    mov     edi, 1
    mov     esi, DATA
    mov     edx, 64
    int     0x80
    jmp     1b
    try     "a loop with RSP 0", SLICES
    xor     esp, esp
1:  jmp     1b
    try     "a loop with RSP in the kernel", SLICES
    mov     rsp, KERNEL + 0x40000
1:  jmp     1b
    try     "a loop with RSP not canonical", SLICES
    mov     rsp, 0x800000000000
1:  jmp     1b
    try     "a loop of mov ss, which holds interrupts back", SLICES
    mov     ecx, 0x23
1:  mov     ss, ecx
    jmp     1b
    try     "mov ss after mov ss", SLICES
    mov     ecx, 0x23
1:  .rept   64
    mov     ss, ecx
    .endr
    jmp     1b
    try     "popf without an end", SLICES
1:  push    0
    popfq
    jmp     1b
    try     "far jumps without an end", SLICES
    lea     rax, [rip + 1f]
    push    0x1b
    push    rax
1:  rex.w jmp fword ptr [rsp]
    try_on_bochs "iretq without an end", SLICES
    mov     rbx, rsp
1:  lea     rax, [rip + 1b]
    push    0x23
    push    rbx
    push    0x202
    push    0x1b
    push    rax
    iretq
    try     "segments loaded without an end", SLICES
1:  mov     ds, ecx
    mov     gs, ecx
    jmp     1b
