/*
 * files.S - malformed ELF files: a good one, and rows of what is changed in it.
 *
 * A row: its name; REFUSED and the error of process_load(), or how a file that may be loaded
 * must end; then places in the file: offset, bytes, value. Offset SIZE: how much
 * of the file there is. System V ABI, chapters 4 and 5.
 */
    .section .rodata.hostile_elf, "a"
    .balign 16
    .globl  hostile_elf, hostile_elf_end
hostile_elf:
    .byte   0x7f, 'E', 'L', 'F', 2, 1, 1, 0
    .quad   0
    .short  2, 62                       /* 16 e_type, 18 e_machine */
    .long   1                           /* 20 e_version */
    .quad   0x4000e8, 64, 0             /* 24 e_entry, 32 e_phoff, 40 e_shoff */
    .long   0                           /* 48 e_flags */
    .short  64, 56, 3, 64, 0, 0         /* 52 e_ehsize, 54 e_phentsize, 56 e_phnum */
    .long   1, 5                        /* 64 p_type, 68 p_flags */
    .quad   0, 0x400000, 0              /* 72 p_offset, 80 p_vaddr */
    .quad   0x100, 0x100, 0x1000        /* 96 p_filesz, 104 p_memsz, 112 p_align */
    .long   1, 6                        /* 120, 124 */
    .quad   0, 0x500000, 0              /* 128, 136 */
    .quad   16, 0x1000, 0x1000          /* 152, 160, 168 */
    .long   0x6474e551, 6               /* 176, 180: PT_GNU_STACK */
    .quad   0, 0, 0, 0, 0, 0            /* 184, 192; 208, 216 */
    xor     edi, edi                    /* 232: the program */
    mov     eax, 60
    int     0x80
    .balign 256
hostile_elf_end:

    .set    SIZE, -1

    .macro  file name, vector, value, patches:vararg
    row     1, "\name", \vector, \value
    .quad   \patches, 0, 0, 0
    .endm

    .macro  refused name, patches:vararg
    file    "\name", REFUSED, ENOEXEC, \patches
    .endm

    file    "the good file", EXIT, 0, 0, 1, 0x7f
    refused "no magic number", 0, 1, 'E'
    refused "32-bit", 4, 1, 1
    refused "class 0", 4, 1, 0
    refused "class 3", 4, 1, 3
    refused "big-endian", 5, 1, 2
    refused "no byte order", 5, 1, 0
    refused "version 0 of the identification", 6, 1, 0
    .irp    type, 0, 1, 3, 4, 0xfe00, 0xffff
    refused "e_type \type", 16, 2, \type
    .endr
    .irp    machine, 0, 3, 40, 183, 243, 0xffff
    refused "e_machine \machine", 18, 2, \machine
    .endr
    .irp    size, 0, 1, 16, 40, 63, 64, 80, 119, 176, 231, 232, 255
    refused "cut after \size bytes", SIZE, 8, \size
    .endr
    refused "program headers behind the file", 32, 8, 264
    refused "program headers at the end of the file", 32, 8, 256
    refused "program headers that wrap around", 32, 8, -8
    refused "program headers at 2^63", 32, 8, 0x8000000000000000
    refused "program headers that are not aligned", 32, 8, 68
    refused "program headers over the file header", 32, 8, 0
    refused "no program header", 56, 2, 0
    refused "a program header less than there must be for code", 56, 2, 1, 64, 4, 0
    refused "6 program headers", 56, 2, 6
    refused "65535 program headers", 56, 2, 65535
    .irp    size, 0, 1, 32, 55, 57, 64, 0xffff
    refused "program headers of \size bytes", 54, 2, \size
    .endr
    .irp    entry, 0, 0x3fffff, 0x400100, 0x500000, 0x7fffffffefc0, 0x800000000000, KERNEL, -1
    refused "entry point \entry", 24, 8, \entry
    .endr
    refused "more bytes in the file than in memory", 104, 8, 0xff
    refused "more in the file than an empty segment has", 160, 8, 0
    refused "an offset behind the file", 72, 8, 257
    refused "an offset that wraps around", 72, 8, -16
    refused "an offset with which the end wraps around", 72, 8, -0x100
    refused "a file size that wraps around", 96, 8, -1, 104, 8, -1
    refused "a file size that is one too large", 96, 8, 257, 104, 8, 257
    .macro  placed list:vararg
    .irp    at, \list
    refused "data at \at", 136, 8, \at
    refused "data without bytes in the file at \at", 136, 8, \at, 152, 8, 0
    refused "code at \at", 80, 8, \at
    .endr
    .endm
    placed 0, 0x1000, 0x3ff000, 0x3fffff, 0x700000000000, 0x7ffffffef000, 0x7fffffffe000
    placed 0x7ffffffff000, 0x800000000000, 0x8000000000000000, KERNEL_STACKS, KERNEL, PHYSICAL
    placed 0xfffffffffffff000, -1
    refused "data that reaches the stack", 160, 8, 0x7fffffaff000
    refused "data that reaches the end of the area by one byte", 160, 8, 0x6fffffb00001
    refused "data that wraps around", 160, 8, -0x500000
    refused "data that wraps around to the next page", 160, 8, -0x4ff000
    refused "data of 2^63 bytes", 160, 8, 0x8000000000000000
    refused "code that can be written", 68, 4, 7
    refused "data that can be executed", 124, 4, 7
    refused "no code", 68, 4, 4
    refused "code that is not to be loaded", 64, 4, 0
    refused "two segments in one page", 136, 8, 0x400100
    refused "twice the same segment", 136, 8, 0x400000
    refused "data that reaches into the code's page", 136, 8, 0x3ff000, 160, 8, 0x2000
    refused "data over the code from below", 80, 8, 0x600000, 24, 8, 0x6000e8, 160, 8, 0x200000
    /* LDTR after a reset: its table begins at 0. The code at 0x10e8 calls through a gate at
     * 0x10d0, returns from ring 0, and exits with what CS was there. */
    row     1, "a gate to ring 0, in the table of LDTR", REFUSED, ENOEXEC
    .quad   80, 8, 0x1000,   24, 8, 0x10e8                      /* where it lies, and begins */
    .quad   204, 2, 0x10d7,  208, 8, 0xec00000810f6             /* the selector, the gate */
    .quad   232, 8, 0xb8000010c8251cff                          /* call [0x10c8] */
    .quad   240, 8, 0xcf8c80cd0000003c                          /* exit; mov edi, cs */
    .quad   248, 8, 0xcb48                                      /* retfq */
    .quad   0, 0, 0
    refused "PT_INTERP", 176, 4, 3
    refused "PT_INTERP in place of the data", 120, 4, 3
    file    "more memory than there is", REFUSED, ENOMEM, 160, 8, 0x40000000
    file    "all of the area", REFUSED, ENOMEM, 160, 8, 0x6fffffb00000
    file    "an empty segment in the null page", EXIT, 0, 136, 8, 0x10, 152, 8, 0, 160, 8, 0
    file    "an empty segment in the kernel", EXIT, 0, 136, 8, KERNEL+1, 152, 8, 0, 160, 8, 0
    file    "an empty segment over the stack", EXIT, 0, 136, 8, 0x7fffffffe800, 152, 8, 0, 160, 8, 0
    file    "an empty segment over the code", EXIT, 0, 136, 8, 0x400080, 152, 8, 0, 160, 8, 0
    file    "PT_DYNAMIC, which nobody reads", EXIT, 0, 176, 4, 2
    file    "PT_TLS, which nobody reads", EXIT, 0, 176, 4, 7, 192, 8, KERNEL, 216, 8, -1
    file    "a segment of an unknown type", EXIT, 0, 176, 4, 0x7fffffff, 192, 8, -1, 208, 8, -1
    file    "all flags that mean nothing", EXIT, 0, 124, 4, 0xfffffff6
    file    "an alignment of 0", EXIT, 0, 112, 8, 0, 168, 8, 3
    file    "a physical address in the kernel", EXIT, 0, 88, 8, 0x200000, 144, 8, 0x200000
    file    "sections behind the file", EXIT, 0, 40, 8, -1, 60, 2, 0xffff, 62, 2, 0xffff
    file    "e_ehsize 0", EXIT, 0, 52, 2, 0
    file    "an entry point in the middle of an instruction", PF, ANY, 24, 8, 0x4000eb, 234, 2, 0
    file    "an entry point on the last byte of the code", PF, ANY, 24, 8, 0x4000ff
    file    "code without bytes in the file", PF, ANY, 96, 8, 0
    file    "data that begins in the middle of a page", EXIT, 0, 136, 8, 0x500fff
    file    "the last page of the area", EXIT, 0, 136, 8, 0x6ffffffff000
    /* It comes back from getpid to the next page. */
    row     1, "a system call as the last two bytes of its code", PF, 20
    .quad   80, 8, 0x400f00, 24, 8, 0x400ff8, 248, 8, 0x80cd9000000027b8, 0, 0, 0
