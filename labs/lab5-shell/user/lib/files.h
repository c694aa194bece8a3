/*
 * files.h - the system calls of lab 5, for programs: those of POSIX, with −E… where POSIX has
 * errno.
 */
#pragma once

#include <file_numbers.h>
#include <processes.h>
#include <string.h>

static inline long read(int fd, void *buffer, size_t length)
{
    return system_call(SYS_READ, fd, (long)buffer, (long)length);
}

/* To be read: other ways of access are −EROFS. */
static inline int open(const char *path, int flags)
{
    return (int)system_call(SYS_OPEN, (long)path, flags, 0);
}

static inline int close(int fd)
{
    return (int)system_call(SYS_CLOSE, fd, 0, 0);
}

static inline long lseek(int fd, long offset, int from)
{
    return system_call(SYS_LSEEK, fd, offset, from);
}

/* The end to read in ends[0], the one to write in ends[1]. */
static inline int pipe(int ends[2])
{
    return (int)system_call(SYS_PIPE, (long)ends, 0, 0);
}

/* Make `to` a further descriptor of the file that `fd` is one of. */
static inline int dup2(int fd, int to)
{
    return (int)system_call(SYS_DUP2, fd, to, 0);
}

/* Become another program. Returns only when that has failed. (There is no environment.) */
static inline int execve(const char *path, const char *const argv[])
{
    return (int)system_call(SYS_EXECVE, (long)path, (long)argv, 0);
}

static inline long getdents64(int fd, struct linux_dirent64 *entries, size_t length)
{
    return system_call(SYS_GETDENTS64, fd, (long)entries, (long)length);
}

/* "cat: no file of that name (-ENOENT)", on the console. */
void print_error(const char *who, int error);

/* Write all `length` bytes. 0, or the error that has ended it. */
int write_all(int fd, const void *bytes, size_t length);

/* For each argument's file, or for descriptor 0 where there is none: call `use` with an open
 * descriptor. The program's exit status: 1 when a file cannot be opened, or `use` failed. */
int for_each_file(int argc, char **argv, int (*use)(int fd, const char *name));
