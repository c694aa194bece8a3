/*
 * exercise.c - see exercise.h.
 */
#include <console.h>
#include <exercise.h>
#include <machine.h>
#include <string.h>

_Noreturn void todo_at(const char *id, const char *function, const char *file, int line)
{
    console_last_words();
    printf("Exercise %s: %s() is yours to write (%s:%d)\n", id, function, file, line);
    machine_off(MACHINE_TODO);
}

void exercise(const char *id, const char *title)
{
    printf("%s %s\n", id, title);
}

_Noreturn void exercise_wrong(const char *id, const char *text, ...)
{
    console_last_words();
    printf("Exercise %s is wrong: ", id);
    va_list arguments;
    va_start(arguments, text);
    vprintf(text, arguments);
    va_end(arguments);
    printf("\n");
    machine_off(MACHINE_WRONG);
}

void vrequire_text(const char *id, const char *is, const char *expected, const char *what,
                   va_list arguments)
{
    if (strcmp(is, expected) == 0)
        return;
    console_last_words();
    printf("Exercise %s is wrong: ", id);
    vprintf(what, arguments);
    printf(" is \"%s\", expected \"%s\"\n", is, expected);
    machine_off(MACHINE_WRONG);
}

void require_text(const char *id, const char *is, const char *expected, const char *what, ...)
{
    va_list arguments;
    va_start(arguments, what);
    vrequire_text(id, is, expected, what, arguments);
    va_end(arguments);
}
