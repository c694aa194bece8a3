/*
 * printf.c - printf for programs.
 */
#include <format.h>
#include <user.h>

#define BUFFER_SIZE 256

struct line {
    size_t length;
    char text[BUFFER_SIZE];
};

static void flush(struct line *line)
{
    size_t done = 0;
    while (done < line->length) { /* a write may take less than it is given */
        long written = sys_write(1, line->text + done, line->length - done);
        if (written <= 0)
            break;
        done += (size_t)written;
    }
    line->length = 0;
}

static void put(char c, void *context)
{
    struct line *line = context;
    line->text[line->length++] = c;
    if (line->length == BUFFER_SIZE)
        flush(line);
}

int printf(const char *text, ...)
{
    struct line line;
    line.length = 0;
    va_list arguments;
    va_start(arguments, text);
    int length = format(put, &line, text, arguments);
    va_end(arguments);
    if (line.length > 0)
        flush(&line);
    return length;
}

/* For start.S: a call, where sys_exit() is inline. */
_Noreturn void exit(int status);
_Noreturn void exit(int status)
{
    sys_exit(status);
}
