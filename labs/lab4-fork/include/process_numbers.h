/*
 * process_numbers.h - numbers of lab 4's system calls, for kernel and programs.
 */
#pragma once

#include <syscall_numbers.h>

#define SYS_SCHED_YIELD 24
#define SYS_NANOSLEEP   35
#define SYS_FORK        57
#define SYS_WAIT4       61

#define WNOHANG 1 /* wait4(): do not wait */

/* What nanosleep() reads in the program's memory. */
struct timespec {
    long tv_sec;
    long tv_nsec; /* 0 to 999,999,999 */
};

/* The status that wait4() gives: exit's in bits 15–8, or a signal in bits 6–0. */
#define STATUS_EXITED(status) (((status)&0xFF) << 8)
#define SIGILL                4
#define SIGTRAP               5
#define SIGBUS                7
#define SIGFPE                8
#define SIGSEGV               11
