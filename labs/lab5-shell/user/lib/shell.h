/*
 * shell.h - a line of the shell, in pieces.
 */
#pragma once

#include <files.h>

#define LINE_SIZE    1024
#define WORDS_MAX    64 /* of one command */
#define COMMANDS_MAX 8  /* of one line */

struct command {
    const char *words[WORDS_MAX + 1]; /* argv: NULL comes after the last one */
};

/* Exercise 5.6. Run commands that are connected by pipes, and wait for all of them. The status of
 * the last one, as wait4() gives it; −1: they could not be started. */
int run_line(const struct command *commands, unsigned count);
