/*
 * exercise.c - see exercise.h.
 */
#include <console.h>
#include <exercise.h>
#include <machine.h>

_Noreturn void todo_at(const char *id, const char *function, const char *file, int line)
{
    printf("Exercise %s: %s() is yours to write (%s:%d)\n", id, function, file, line);
    machine_off(MACHINE_TODO);
}

void exercise(const char *id, const char *title)
{
    printf("%s %s\n", id, title);
}

void require(bool right, const char *id, const char *text, ...)
{
    if (right)
        return;
    printf("Exercise %s is wrong: ", id);
    va_list arguments;
    va_start(arguments, text);
    vprintf(text, arguments);
    va_end(arguments);
    printf("\n");
    machine_off(MACHINE_WRONG);
}
