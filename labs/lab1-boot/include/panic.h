/*
 * panic.h - for what must never happen. A user's mistake never panics.
 */
#pragma once

/* Print "PANIC: file:line: function(): message" and the callers' addresses,
 * then switch the machine off with MACHINE_PANIC. */
#define panic(...) panic_at(__FILE__, __LINE__, __func__, __VA_ARGS__)

_Noreturn void panic_at(const char *file, int line, const char *function, const char *text, ...)
    __attribute__((format(printf, 4, 5)));

/* Print the return addresses up from the frame whose RBP is given. */
void backtrace(unsigned long rbp);
