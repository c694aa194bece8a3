/*
 * typist.h - a script that is typed by the kernel itself: through the UART's loop bit, so
 * that what is sent is received, with real interrupts and the same in every run.
 */
#pragma once

#include <process.h>

/* Have this typed from now on: the next line, or 16 bytes of it, whenever nobody can run. */
void typist_type(const char *text, size_t size);

/* For schedule_use(): next_ready(), and types before it waits. */
struct process *next_typing(void);

/* From user/typed.txt: the demonstration. Empty when somebody sits at the console. */
extern const char typed_start[], typed_end[];
