/*
 * console.h - text on the serial port (COM1) and on the screen.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Set up the serial port (115200 baud, 8N1) and clear the screen. */
void console_init(void);

/* Write `size` bytes as they are; a line feed goes out as CR LF. */
void console_write(const char *text, size_t size);

/* printf to the console; see format.h. Returns the number of characters. */
int printf(const char *text, ...) __attribute__((format(printf, 1, 2)));

int vprintf(const char *text, va_list arguments);

/* For later labs: the console is the programs', and printf() is silent, but for last words. */
extern bool console_quiet;

/* For a check: each byte goes there, and not out (NULL: out). */
extern void (*console_taken)(char c);

/* From now on everything goes out: these are last words. */
void console_last_words(void);

/* Wait until the last byte has left the serial port: bytes still in it are
 * lost when the machine is switched off or reset. */
void console_flush(void);
