/*
 * pipe.h - bytes on their way from one process to another.
 */
#pragma once

#include <file.h>

#define PIPE_SIZE 2048

/* A ring, as in console_input.h: from `taken` to `put` are the bytes that nobody has read. */
struct pipe {
    unsigned readers, writers; /* open files at either end */
    uint64_t taken, put;
    struct queue can_read, can_write; /* those that wait for bytes, for room */
    char bytes[PIPE_SIZE];
};

_Static_assert(sizeof(struct pipe) <= PAGE_SIZE, "a pipe takes one frame");

/* Exercise 5.5. Take what is there, at most `length` bytes; while there is nothing, wait. How
 * many: 0 when nothing will come, for nobody can write any more; an error of copy_to_user(), and
 * nothing is taken. */
int64_t pipe_read(struct pipe *pipe, uint64_t buffer, uint64_t length);

/* Exercise 5.5. Put all `length` bytes in, and wait for room as often as it takes. `length`; when
 * nobody can read any more how many were put in until then, or −EPIPE when none was; −EFAULT. */
int64_t pipe_write(struct pipe *pipe, uint64_t buffer, uint64_t length);

/* Exercise 5.5. One open file less at an end. Whoever waits at the other is woken with the last;
 * with the last of both the frame is freed. */
void pipe_close(struct pipe *pipe, bool writer);

/* A new pipe: a descriptor to read from in ends[0], one to write to in ends[1]. 0; −ENOMEM;
 * −ENFILE; −EMFILE. */
int pipe_open(int ends[2]);
