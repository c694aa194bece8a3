/*
 * syscall.h - system calls, the kernel's side.
 */
#pragma once

#include <syscall_numbers.h>
#include <trap.h>
#include <types.h>

/* Exercise 3.1. Have `int 0x80` from ring 3 lead to syscall_trap(). */
void syscall_init(void);

/* The handler of SYSCALL_VECTOR: calls what is registered, else syscall_dispatch(), and
 * reports errors. */
void syscall_trap(struct trap_frame *frame);

/* What it returns goes into the frame's RAX. */
typedef int64_t (*syscall_handler_t)(struct trap_frame *frame);

/* Have `handler` called for the system call `number`, below SYSCALLS_MAX, in place of
 * syscall_dispatch(). */
void syscall_register(unsigned number, syscall_handler_t handler);

#define SYSCALLS_MAX 256

/* Exercise 3.3. Do what the frame's RAX asks for, and leave the result there;
 * −ENOSYS for an unknown number. */
void syscall_dispatch(struct trap_frame *frame);

/* Exercise 3.3. The PID of the process that asks. */
int64_t sys_getpid(void);

/* Exercise 3.3. Report "PID n exits with status s" and end the process that asks.
 * Does not return. */
void sys_exit(int status);

/* Exercise 3.4. Whether ring 3 may read all `length` bytes at `address` in the
 * address space `root`: 0 or −EFAULT. A length of 0 is allowed. */
int user_range_check(phys_t root, uint64_t address, uint64_t length);

/* Exercise 3.4. Write to the console; `fd` is 1 or 2.
 * Gives how many bytes it has written: `length`, or WRITE_MAX when that is less; −EBADF:
 * another fd; −EFAULT: the buffer does not end in the user half, or ring 3 may not read
 * what would be written, and nothing is. */
int64_t sys_write(int fd, uint64_t buffer, uint64_t length);
