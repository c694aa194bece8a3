/*
 * user.h - the library of the programs in ring 3.
 */
#pragma once

#include <errno.h>
#include <stddef.h>
#include <syscall_numbers.h>

/* A program has a function main(), with or without argc and argv; what it returns is its
 * exit status. */

/* A system call with up to three arguments; see syscall_numbers.h. */
static inline long system_call(long number, long first, long second, long third)
{
    long result;
    asm volatile("int %1"
                 : "=a"(result)
                 : "i"(SYSCALL_VECTOR), "a"(number), "D"(first), "S"(second), "d"(third)
                 : "memory");
    return result;
}

/* Write to the console; `fd` is 1. Returns how many of the `length` bytes it took, or −E…. */
static inline long sys_write(int fd, const void *buffer, size_t length)
{
    return system_call(SYS_WRITE, fd, (long)buffer, (long)length);
}

/* Our own PID. */
static inline int sys_getpid(void)
{
    return (int)system_call(SYS_GETPID, 0, 0, 0);
}

/* End this process. */
_Noreturn static inline void sys_exit(int status)
{
    system_call(SYS_EXIT, status, 0, 0);
    __builtin_unreachable();
}

/* As in the C library; one sys_write() a call, where the text is short. The
 * conversions are listed in format.h. */
int printf(const char *text, ...) __attribute__((format(printf, 1, 2)));
