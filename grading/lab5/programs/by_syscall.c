/*
 * by_syscall.c - intruders.c, whose system calls are the instruction `syscall`. It changes RCX and
 * R11, which `int` does not, and no compiler has been told; below RSP a function may have data.
 */
asm(".macro int vector\n"
    "lea -128(%rsp), %rsp\n"
    "push %rcx\n"
    "push %r11\n"
    "syscall\n"
    "pop %r11\n"
    "pop %rcx\n"
    "lea 128(%rsp), %rsp\n"
    ".endm\n");

#include "intruders.c"
