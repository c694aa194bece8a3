/*
 * errno.h - error numbers, as Linux has them (errno(3)). Functions return 0 or
 * a positive result when all went well, and −E… when not.
 */
#pragma once

#define ENOENT  2  /* not there */
#define ESRCH   3  /* no such process */
#define ENOEXEC 8  /* not a program that this kernel can run */
#define EBADF   9  /* no such file descriptor */
#define ECHILD  10 /* no child to wait for */
#define EAGAIN  11 /* a limit is reached; later there may be room */
#define ENOMEM  12 /* no free frame */
#define EFAULT  14 /* bad address */
#define EEXIST  17 /* already there */
#define EINVAL  22 /* invalid argument */
#define ENOSYS  38 /* no such system call */

/* "-EFAULT" for −EFAULT, "0" for 0; "-E?" for a number that is not listed above. */
const char *error_name(int error);
