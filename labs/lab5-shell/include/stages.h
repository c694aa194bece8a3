/*
 * stages.h - what lab 5's kernel does with each exercise. Each of them is followed by
 * schedule(), and over when no process is left.
 */
#pragma once

#include <stdbool.h>

/* 5.1: a program copies what is typed. */
void begin_typing(void);

/* 5.2: a program reads files. */
void begin_reading(void);

/* 5.3: an argument block, without a program. */
void show_arguments(void);

/* 5.4: a program turns into another. */
void begin_executing(void);

/* 5.5: two processes and a pipe. */
void begin_piping(void);

/* 5.6: the shell. From here on the console is the programs'. */
void begin_shell(void);

/* Whether somebody sits at the console: nothing is typed by the kernel itself then. */
bool is_interactive(void);
