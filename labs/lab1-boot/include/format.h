/*
 * format.h - the conversions of printf, for the kernel and for programs.
 *
 * It knows %c %s %d %i %u %x %X %p %%, the lengths l, ll and z, a width,
 * the flags 0, - and #, and a precision for %s. Anything else is printed
 * unchanged.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

/* Hand the text to put(), one character at a time. Returns their number. */
int format(void (*put)(char c, void *context), void *context, const char *text, va_list arguments);

/* As in the C library: at most size − 1 characters and a zero byte go into the
 * buffer; the result is the length of the whole text. */
int snprintf(char *buffer, size_t size, const char *text, ...)
    __attribute__((format(printf, 3, 4)));
