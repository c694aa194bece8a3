/*
 * file_numbers.h - numbers of lab 5's system calls, for kernel and programs.
 */
#pragma once

#include <process_numbers.h>

#define SYS_READ       0
#define SYS_OPEN       2
#define SYS_CLOSE      3
#define SYS_LSEEK      8
#define SYS_PIPE       22
#define SYS_DUP2       33
#define SYS_EXECVE     59
#define SYS_GETDENTS64 217

/* What a C library for Linux asks for, too: linux_calls.c. */
#define SYS_FSTAT           5
#define SYS_MMAP            9
#define SYS_MPROTECT        10
#define SYS_MUNMAP          11
#define SYS_BRK             12
#define SYS_RT_SIGACTION    13
#define SYS_RT_SIGPROCMASK  14
#define SYS_IOCTL           16
#define SYS_READV           19
#define SYS_WRITEV          20
#define SYS_ARCH_PRCTL      158
#define SYS_GETTID          186
#define SYS_SET_TID_ADDRESS 218
#define SYS_EXIT_GROUP      231

#define FILES_MAX 16  /* descriptors of a process, from 0 */
#define NAME_SIZE 256 /* of a file, with the zero byte at its end */

/* open(): the way of access, the only bits of its flags that count. */
#define O_ACCMODE 3
#define O_RDONLY  0

/* lseek(): from where. */
#define SEEK_SET 0
#define SEEK_CUR 1
#define SEEK_END 2

/* wait4()'s status of a process that Ctrl-C has ended. */
#define SIGINT 2

/* The status with which a program ends at an exercise that is not written: todo.c. */
#define EXIT_TODO 120

/* The status of a shell's child whose program cannot be executed. */
#define EXIT_NO_PROGRAM 127

/* What getdents64() gives for each file; the name ends with a zero byte, and d_reclen is a
 * multiple of 8. */
struct linux_dirent64 {
    unsigned long d_ino;
    long d_off; /* the place of the next one */
    unsigned short d_reclen;
    unsigned char d_type; /* DT_REG */
    char d_name[];
};

#define DT_REG 8
