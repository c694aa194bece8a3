/*
 * processes.h - the system calls of lab 4, for programs. They are those of POSIX, and give
 * −E… where POSIX has errno.
 */
#pragma once

#include <process_numbers.h>
#include <user.h>

/* Give way to whoever is ready. */
static inline int sched_yield(void)
{
    return (int)system_call(SYS_SCHED_YIELD, 0, 0, 0);
}

/* Sleep for so long at least. 0; −EINVAL; −EFAULT. */
static inline int nanosleep(const struct timespec *time)
{
    return (int)system_call(SYS_NANOSLEEP, (long)time, 0, 0);
}

static inline void sleep_ms(long milliseconds)
{
    struct timespec time = { milliseconds / 1000, milliseconds % 1000 * 1000000 };
    (void)nanosleep(&time);
}

/* 0 in the child, the child's PID in the parent; −ENOMEM; −EAGAIN. */
static inline int fork(void)
{
    return (int)system_call(SYS_FORK, 0, 0, 0);
}

/* Wait for a child, or for any (−1). Its PID; 0 (WNOHANG); −ECHILD; −EINVAL; −EFAULT. */
static inline int wait4(int pid, int *status, int options, void *usage)
{
    long result;
    register void *fourth asm("r10") = usage;
    asm volatile("int %1"
                 : "=a"(result)
                 : "i"(SYSCALL_VECTOR), "a"(SYS_WAIT4), "D"(pid), "S"(status), "d"(options),
                   "r"(fourth)
                 : "memory");
    return (int)result;
}
