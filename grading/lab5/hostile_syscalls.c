/*
 * hostile_syscalls.c - lab 3's hostile programs in lab 5's kernel, where each system call that they
 * make is the instruction `syscall`. The neighbour keeps `int 0x80`.
 */
#include <linux.h>
#include <syscall.h>

asm(".set BY_SYSCALL, 1\n");

#define syscall_init() (syscall_init)(), linux_init()
#include "../lab3/hostile.c"
