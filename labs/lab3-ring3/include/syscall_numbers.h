/*
 * syscall_numbers.h - the numbers of the system calls, for kernel and programs.
 *
 * `int 0x80` with the number in RAX, the arguments in RDI, RSI, RDX, and the
 * result in RAX; all other registers are preserved. The numbers and the error
 * codes are those of Linux's `syscall` instruction on x86-64. On Linux itself
 * `int 0x80` is something else: the interface of 32-bit programs, with other
 * numbers (there 4 is write) and other registers.
 */
#pragma once

#define SYSCALL_VECTOR 0x80

#define SYS_WRITE  1
#define SYS_GETPID 39
#define SYS_EXIT   60

/* How many bytes one write takes at most. While the kernel works no timer comes:
 * what a program may ask of it in one call must have an end. */
#define WRITE_MAX 4096
