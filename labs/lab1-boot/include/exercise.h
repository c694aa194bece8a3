/*
 * exercise.h - what an unwritten exercise does, and how a wrong one is stopped.
 *
 * Both print one line and switch the machine off at once. From assembly:
 *     TODO("1.2", "gdt_load")
 */
#pragma once

#ifdef __ASSEMBLER__

/* clang-format off */
#define TODO(id, function)                                  \
    .pushsection .rodata;                                   \
    9001: .asciz id;                                        \
    9002: .asciz function;                                  \
    9003: .asciz __FILE__;                                  \
    .popsection;                                            \
    and     rsp, -16;                                       \
    lea     rdi, [rip + 9001b];                             \
    lea     rsi, [rip + 9002b];                             \
    lea     rdx, [rip + 9003b];                             \
    mov     ecx, __LINE__;                                  \
    call    todo_at
/* clang-format on */

#else

#include <stdarg.h>
#include <stdbool.h>

/* The exercise `id` is not written yet: say where it is, status MACHINE_TODO. */
#define todo(id)                todo_at(id, __func__, __FILE__, __LINE__)

_Noreturn void todo_at(const char *id, const char *function, const char *file, int line);

/* Announce the exercise that comes next. */
void exercise(const char *id, const char *title);

/* The exercise `id` was written; if its result is wrong, say what was expected and
 * what is there, status MACHINE_WRONG. The texts are evaluated only then: a check in the
 * path of every trap costs no more than its condition. */
#define require(right, id, ...) ((right) ? (void)0 : exercise_wrong(id, __VA_ARGS__))

_Noreturn void exercise_wrong(const char *id, const char *text, ...)
    __attribute__((format(printf, 2, 3)));

/* The same for results that are texts: `what`, with its arguments, names the thing
 * that `is` and `expected` describe. */
void require_text(const char *id, const char *is, const char *expected, const char *what, ...)
    __attribute__((format(printf, 4, 5)));
void vrequire_text(const char *id, const char *is, const char *expected, const char *what,
                   va_list arguments);

#endif
