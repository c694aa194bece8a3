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
