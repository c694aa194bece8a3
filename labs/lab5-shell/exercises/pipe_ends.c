/*
 * Exercise 5.5: pipe_read, pipe_write, pipe_close
 *
 * pipe_read
 * In:  pipe
 *      buffer, length   from ring 3; length is not 0
 * Out: how many bytes the process has got: what is there, at most `length`; whoever waits for room
 *      is woken. While there is nothing, it waits in can_read; but when nobody can write any more,
 *      0. An error of copy_to_user(): nothing was taken
 *
 * pipe_write
 * In:  the same
 * Out: `length`: all bytes were put in, in their order. Where there is no room, it waits in
 *      can_write; each time some were put in, whoever waits for bytes is woken. When nobody can
 *      read any more: how many were put in until then, −EPIPE when none was. −EFAULT when ring 3
 *      may not read all of them (user_range_check(), before the first one)
 *
 * pipe_close
 * In:  pipe
 *      writer   whether it is the end to which bytes are written
 * Out: readers or writers is one less. With the last of an end, whoever waits at the other end is
 *      woken: it will not wait for ever. With the last one of both, the frame is free
 *
 * A ring: byte number n lies at bytes[n % PIPE_SIZE], and a copy must not run over its end: take
 * two. After sleep_on() look again, at everything. POSIX, read(), write(), close().
 * Check: make grade ONLY=5.5
 */
#include <errno.h>
#include <exercise.h>
#include <frame.h>
#include <pipe.h>
#include <schedule.h>
#include <syscall.h>
#include <user_copy.h>
#include <user_memory.h>
#include <wait.h>

int64_t pipe_read(struct pipe *pipe, uint64_t buffer, uint64_t length)
{
    todo("5.5");
}

int64_t pipe_write(struct pipe *pipe, uint64_t buffer, uint64_t length)
{
    todo("5.5");
}

void pipe_close(struct pipe *pipe, bool writer)
{
    todo("5.5");
}
