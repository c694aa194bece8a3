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

/* SOLUTION */
static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}
/* END SOLUTION */

int64_t pipe_read(struct pipe *pipe, uint64_t buffer, uint64_t length)
{
    /* SOLUTION */
    while (pipe->put == pipe->taken) {
        if (pipe->writers == 0)
            return 0;
        sleep_on(&pipe->can_read);
    }
    uint64_t count = least(length, pipe->put - pipe->taken), at = pipe->taken % PIPE_SIZE;
    uint64_t before_end = least(count, PIPE_SIZE - at);
    int error = copy_to_user(buffer, pipe->bytes + at, before_end);
    if (!error && count > before_end)
        error = copy_to_user(buffer + before_end, pipe->bytes, count - before_end);
    if (error)
        return error;
    pipe->taken += count;
    wake_up(&pipe->can_write);
    return (int64_t)count;
    /* END SOLUTION */
}

int64_t pipe_write(struct pipe *pipe, uint64_t buffer, uint64_t length)
{
    /* SOLUTION */
    if (user_range_check(current_process()->page_table, buffer, length) != 0)
        return -EFAULT;
    for (uint64_t done = 0; done < length;) {
        if (pipe->readers == 0)
            return done ? (int64_t)done : -EPIPE;
        uint64_t at = pipe->put % PIPE_SIZE, room = PIPE_SIZE - (pipe->put - pipe->taken);
        uint64_t count = least(length - done, least(room, PIPE_SIZE - at));
        if (count == 0) {
            sleep_on(&pipe->can_write);
            continue;
        }
        if (copy_from_user(pipe->bytes + at, buffer + done, count) != 0)
            return -EFAULT;
        pipe->put += count;
        done += count;
        wake_up(&pipe->can_read);
    }
    return (int64_t)length;
    /* END SOLUTION */
}

void pipe_close(struct pipe *pipe, bool writer)
{
    /* SOLUTION */
    if (--*(writer ? &pipe->writers : &pipe->readers) == 0)
        wake_up(writer ? &pipe->can_read : &pipe->can_write);
    if (pipe->readers + pipe->writers == 0)
        frame_free(phys((uint64_t)pipe - PHYSICAL_MAP_BASE));
    /* END SOLUTION */
}
