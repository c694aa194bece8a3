/*
 * execute.h - a process turns into another program.
 */
#pragma once

#include <trap.h>
#include <types.h>

/* The strings of argv, one after another, each with its zero byte. */
struct arguments {
    unsigned count;
    size_t size; /* bytes in text[], with the zero bytes */
    char text[PAGE_SIZE];
};

/* What follows the vectors: pairs of a type and a value. System V ABI, 3.4.3. */
#define AT_NULL         0 /* the end */
#define AT_PAGESZ       6
#define AUXILIARY_WORDS 4
extern const uint64_t auxiliary[AUXILIARY_WORDS];

/* Copy a string from the current process. 0; −EFAULT; −ENAMETOOLONG: its end is not among the
 * first `size` bytes. */
int string_from_user(char *to, uint64_t address, size_t size);

/* Copy a vector of strings, which NULL ends. 0; −EFAULT; −E2BIG: more than text[] has room for. */
int arguments_from_user(struct arguments *arguments, uint64_t argv);

/* Exercise 5.3. Write the block with which a program starts into the last page of its stack,
 * which the kernel sees at `page`: argc, argv[], NULL, NULL for an empty environment, the
 * auxiliary vector, and the strings. 0 and *rsp is the program's stack pointer, which is where
 * argc lies for the program, a multiple of 16; −E2BIG: the page has no room for all that. */
int arguments_push(char *page, const struct arguments *arguments, uint64_t *rsp);

/* Exercise 5.4. The current process executes the program of that name, with these arguments;
 * `frame` is what it goes on with. PID, family and open files stay. 0; when it fails (an error of
 * the functions that it calls), the process goes on as it was, and no frame is lost. */
int64_t sys_execve(struct trap_frame *frame, uint64_t path, uint64_t argv);

/* For it: the registers of a program that starts, in the frame and in the processor. */
void registers_start(struct trap_frame *frame, uint64_t entry_point, uint64_t rsp);

/* For it: remember the program's name, for /processes. */
void process_rename(const char *name);

/* The name of a file in the archive that a path stands for: without "/" and "./" before it. */
const char *path_name(const char *path);
