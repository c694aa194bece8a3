/*
 * errno.h - error numbers, as Linux has them (errno(3)). Functions return 0 or
 * a positive result on success, and −E… on failure.
 */
#pragma once

#define ENOENT       2  /* not there */
#define ESRCH        3  /* no such process */
#define EIO          5  /* the archive is damaged */
#define E2BIG        7  /* too many arguments */
#define ENOEXEC      8  /* not a program that this kernel can run */
#define EBADF        9  /* no such file descriptor */
#define ECHILD       10 /* no child to wait for */
#define EAGAIN       11 /* a limit is reached; there may be room later */
#define ENOMEM       12 /* no free frame */
#define EFAULT       14 /* bad address */
#define EEXIST       17 /* already there */
#define ENOTDIR      20 /* not a folder */
#define EISDIR       21 /* a folder, and not a file */
#define EINVAL       22 /* invalid argument */
#define ENFILE       23 /* too many open files, of all processes together */
#define EMFILE       24 /* the process has no descriptor left */
#define ENOTTY       25 /* not a terminal */
#define ESPIPE       29 /* a pipe or the console cannot seek */
#define EROFS        30 /* files cannot be written */
#define EPIPE        32 /* nobody is left to read */
#define ENAMETOOLONG 36 /* longer than any file's name can be */
#define ENOSYS       38 /* no such system call */

/* "-EFAULT" for −EFAULT, "0" for 0; "-E?" for a number that is not listed above. */
const char *error_name(int error);
