/*
 * edges.S - more hostile programs, with the macros of programs.S: addresses of every kind,
 * system calls at their edges, and programs that never end.
 */

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

    .macro  unsaved vector, list:vararg
    .irp    code, \list
    try     "\code", \vector
    \code
    .endr
    .endm
    unsaved FROM_LAB_5, "movaps xmm0, xmm1", "pxor xmm0, xmm0", "movups [rsp], xmm0", "ldmxcsr [rsp]"
    unsaved UD, "xgetbv", "xsetbv"
    .irp    code, "fld1", "fninit", "fwait", "emms", "fnstsw ax", "fldcw [rsp]"
    try     "\code", 0x200
    \code
    leave_with 0
    .endr

    .irp    code, "fxsave [rsp]", "fxrstor [rsp]"
    try     "\code", FXSAVE
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
