/*
 * errno.c - see errno.h.
 */
#include <errno.h>

const char *error_name(int error)
{
#define NAME(name) [name] = "-" #name
    static const char *const names[] = {
        [0] = "0",     NAME(ENOENT), NAME(ESRCH),  NAME(EIO),          NAME(E2BIG),  NAME(ENOEXEC),
        NAME(EBADF),   NAME(ECHILD), NAME(EAGAIN), NAME(ENOMEM),       NAME(EFAULT), NAME(EEXIST),
        NAME(ENOTDIR), NAME(EISDIR), NAME(EINVAL), NAME(ENFILE),       NAME(EMFILE), NAME(ENOTTY),
        NAME(ESPIPE),  NAME(EROFS),  NAME(EPIPE),  NAME(ENAMETOOLONG), NAME(ENOSYS),
    };
#undef NAME
    unsigned number = -(unsigned)error;
    return number < sizeof names / sizeof *names && names[number] ? names[number] : "-E?";
}
