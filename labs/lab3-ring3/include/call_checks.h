/*
 * call_checks.h - whether the exercises do what no program of the lab asks for, too.
 */
#pragma once

#include <process.h>

/* Try 3.1 to 3.6 once no process is left; stops at what is wrong. Then nobody is ready again. */
_Noreturn void call_checks(void);

/* 3.1 and 3.2, in checks/entry_checks.c. The second does not return: it ends the process. */
void entry_tables_check(void);
void entry_check(void);

/* 3.4, in checks/range_checks.c. */
void range_checks(void);

/* The current process while that is tried. After it there is an instruction at its
 * entry point, which is no program's. */
#define TRIED_ENTRY (USER_PROGRAM_BASE + 0x200000)
extern struct process *tried;

/* What a trap frame holds, in its order. */
#define FRAME_REGISTERS 15
#define FRAME_WORDS     22
extern const char *const frame_words[FRAME_WORDS];

/* A system call's result: "-EFAULT", or the number. */
#define RESULT_SIZE 24
const char *result_text(char text[RESULT_SIZE], int64_t result);

/* Keep what is printed, and give it, without a newline at its end: how many bytes it was. */
void console_take(void);
size_t console_give(const char **text);
