/*
 * instructions.S - more hostile programs, with the macros of programs.S: instructions that are
 * rare, odd encodings of others, and places where an instruction ends in the wrong page.
 */

    .macro  faults vector, value, list:vararg
    .irp    code, \list
    try     "\code", \vector, \value
    \code
    leave_with 1
    .endr
    .endm

/* ---- encodings that there are not, or that must not be ---- */

    faults  UD, 0, "rdfsbase rax", "wrfsbase rax", "rdgsbase rbx", "wrgsbase rbx", "vmread rax, rbx"
    faults  UD, 0, "vmxoff", "ud1 eax, ecx", ".byte 0x0f, 0xff, 0xc0", ".byte 0xce", ".byte 0xc4, 0xc0"
    faults  UD, 0, ".byte 0xf0, 0x0f, 0xc7, 0xc8", ".byte 0xd6", ".byte 0x60"
    faults  UD, 0, ".byte 0x8e, 0xc8", ".byte 0x8e, 0xf0", ".byte 0x82, 0xc0, 0", "getsec"
    faults  UD, 0, ".byte 0x0f, 0xa6, 0xc0", ".byte 0x0f, 0x24, 0xc0"
    try     "an instruction of 16 bytes", GP, 0
    .fill   15, 1, 0x66
    nop
    try     "prefixes without an end", GP, 0
    .fill   64, 1, 0xf2
    try     "in at the last port, of two bytes", GP, 0
    mov     edx, 0xffff
    in      ax, dx
    faults  GP, 0, "outsd", "insd", "str [rsp]", "sldt [rsp]", "smsw [rsp]", "lmsw [rsp]", "invlpg [0]"
    try     "cmpxchg16b that is not aligned", GP, 0
    mov     ecx, DATA + 8
    cmpxchg16b [rcx]

/* ---- segment registers by their other instructions ---- */

    .irp    sel, 0x8, 0x10, 0x28, 0xc, 0x33
    .irp    reg, fs, gs
    try     "pop \reg of \sel", GP, \sel & 0xfffc
    push    \sel
    pop     \reg
    try     "l\reg of \sel", GP, \sel & 0xfffc
    push    0
    mov     dword ptr [rsp + 4], \sel
    l\reg   eax, [rsp]
    .endr
    try     "lss of \sel", GP, \sel & 0xfffc
    push    0
    mov     dword ptr [rsp + 4], \sel
    lss     esp, [rsp]
    try     "mov es, \sel", GP, \sel & 0xfffc
    mov     ecx, \sel
    mov     es, ecx
    .endr
    .irp    code, "lar eax, ecx", "lsl eax, ecx", "verr cx", "verw cx"
    .irp    sel, 0, 0x10, 0x28, 0xc, 0x78, 0xffff
    try     "\code of \sel, which says nothing", EXIT, 0
    mov     ecx, \sel
    \code
    setz    al
    movzx   ebx, al
    leave_with ebx
    .endr
    .endr
    try     "mov ss, 0", GP, 0
    xor     ecx, ecx
    mov     ss, ecx
    try     "a far jump through a pointer in the kernel", PF, 5
    mov     rcx, KERNEL
    rex.w jmp fword ptr [rcx]
    try     "a far jump of 32 bits into the kernel", GP, 8
    push    8
    push    0
    mov     dword ptr [rsp + 4], 8
    jmp     fword ptr [rsp]
    try_on_bochs "a far return of 16 bits", GP, 8
    push    0x00080000
    .byte   0x66, 0xcb
    try_on_bochs "iret of 16 bits to the kernel", GP, 8
    push    0
    mov     dword ptr [rsp], 0x00080000
    .byte   0x66, 0xcf
    try     "swapgs behind a prefix", GP, 0
    .byte   0xf3, 0x0f, 0x01, 0xf8

/* ---- on the way into the kernel ---- */

    /* It comes after the way back. */
    try     "a single step, held back by mov ss, into a system call", DB
    mov     ecx, 0x23
    mov     eax, 1
    mov     edi, 9
    push    0x302
    popfq
    mov     ss, ecx
    int     0x80
    leave_with eax
    try     "a system call behind all prefixes", EXIT, EBADF
    mov     eax, 1
    mov     edi, 9
    .byte   0x66, 0x67, 0xf3, 0x2e, 0x65, 0x48
    int     0x80
    leave_with eax
    try     "AC, DF, TF, NT, ID and all others set at a division by zero", DE, 0
    push    0x244ed7
    popfq
    div     ecx
    try     "RF and TF at a write", DB
    push    0x10302
    popfq
    mov     byte ptr [rsp], 1

/* ---- across the end of what is mapped ---- */

    try     "a push across the beginning of its data", PF, 6
    mov     esp, DATA + 4
    push    -1
    try     "a read across the end of its data", PF, 4
    mov     ecx, DATA + 0xffc
    mov     rax, [rcx]
    try     "a read across the end of the user half", GP, 0
    mov     rcx, 0x7ffffffffffc
    mov     rax, [rcx + 4]
    try     "enter with 31 levels, over the guard page", PF, 6
    sub     rsp, 0x10000 - 64 - 8
    mov     rbp, rsp
    enter   0x100, 31
    try     "leave with RBP in the kernel", PF, 5
    mov     rbp, KERNEL
    leave
    try     "call with RSP in the kernel", PF, 7
    mov     rsp, KERNEL + 0x40000
    call    1f
1:  leave_with 1
    try     "xlat of the kernel", PF, 5
    mov     rbx, KERNEL
    xlatb
    try_on_bochs "clflush of the kernel", PF, 5
    mov     rcx, KERNEL
    clflush [rcx]
    try     "prefetch of the kernel, which says nothing", EXIT, 0
    mov     rcx, KERNEL
    prefetchnta [rcx]
    prefetcht0 [rcx + 64]
    leave_with 0
    try     "scas through the null page", PF, 4
    xor     edi, edi
    mov     ecx, 100
    repe scasb
    try     "movs from its data into what is not canonical", GP, 0
    mov     esi, DATA
    mov     rdi, 0x800000000000
    movsb
    try     "stos down from its data", PF, 6
    std
    mov     edi, DATA + 16
    mov     ecx, 100
    rep stosb
    try     "32-bit addresses that wrap around", PF, 4
    mov     ecx, 0xfffffff0
    mov     al, [ecx + 0x7fffffff]
    try     "FS and GS have a base of 0", PF, 4
    mov     al, fs:[0x10]
    try     "getpid a thousand times, in each state of the flags", EXIT, 2
    mov     eax, 39
    int     0x80
    mov     ebp, eax
    mov     ebx, 1000
1:  mov     eax, ebx
    and     eax, 0xed7
    and     eax, ~0x300
    push    rax
    popfq
    mov     eax, 39
    int     0x80
    cmp     eax, ebp
    jne     2f
    dec     ebx
    jnz     1b
    leave_with 2
2:  leave_with 1
