/*
 * files.c - see files.h.
 */
#include <files.h>
#include <format.h>

static const char *meaning(int error)
{
    switch (-error) {
    case ENOENT:
        return "no file of that name";
    case EISDIR:
        return "a folder, not a file";
    case EIO:
        return "the archive is damaged";
    case EROFS:
        return "files cannot be written here";
    case ENOEXEC:
        return "not a program";
    case E2BIG:
        return "too many arguments";
    case ENAMETOOLONG:
        return "the name is too long";
    case ENOMEM:
    case EAGAIN:
        return "no memory is left";
    case EPIPE:
        return "nobody reads any more";
    case EMFILE:
    case ENFILE:
        return "too many open files";
    default:
        return "error";
    }
}

/* To the console, also where descriptor 1 is a pipe. */
void print_error(const char *who, int error)
{
    char text[128];
    int length = snprintf(text, sizeof text, "%.64s: %s (%s)\n", who, meaning(error),
                          error_name(error));
    size_t size = (size_t)length < sizeof text ? (size_t)length : sizeof text - 1;
    (void)write_all(2, text, size);
}

int write_all(int fd, const void *bytes, size_t length)
{
    const char *from = bytes;
    while (length > 0) {
        long written = sys_write(fd, from, length);
        if (written <= 0)
            return (int)written;
        from += written;
        length -= (size_t)written;
    }
    return 0;
}

int for_each_file(int argc, char **argv, int (*use)(int fd, const char *name))
{
    if (argc < 2)
        return use(0, NULL) != 0;
    int status = 0;
    for (int i = 1; i < argc; i++) {
        int fd = open(argv[i], O_RDONLY);
        int error = fd < 0 ? fd : use(fd, argv[i]);
        if (error) {
            print_error(argv[i], error);
            status = 1;
        }
        if (fd >= 0)
            close(fd);
    }
    return status;
}
