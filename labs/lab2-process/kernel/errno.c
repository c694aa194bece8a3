/*
 * errno.c - see errno.h.
 */
#include <errno.h>

const char *error_name(int error)
{
#define NAME(name) case -name: return "-" #name;
    switch (error) {
    case 0: return "0";
    NAME(ENOENT) NAME(ESRCH) NAME(ENOEXEC) NAME(EBADF) NAME(EAGAIN)
    NAME(ENOMEM) NAME(EFAULT) NAME(EEXIST) NAME(EINVAL) NAME(ENOSYS)
    default: return "-E?";
    }
#undef NAME
}
