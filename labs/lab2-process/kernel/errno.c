/*
 * errno.c - see errno.h.
 */
#include <errno.h>

const char *error_name(int error)
{
#define NAME(name) [name] = "-" #name
    static const char *const names[] = {
        [0] = "0",    NAME(ENOENT), NAME(ESRCH),  NAME(ENOEXEC), NAME(EBADF),  NAME(ECHILD),
        NAME(EAGAIN), NAME(ENOMEM), NAME(EFAULT), NAME(EEXIST),  NAME(EINVAL), NAME(ENOSYS),
    };
#undef NAME
    unsigned number = -(unsigned)error;
    return number < sizeof names / sizeof *names && names[number] ? names[number] : "-E?";
}
