/*
 * Exercise 5.6: run_line, in ring 3
 *
 * In:  commands   `count` of them, 1 at least, connected by pipes: what one writes to its
 *                 descriptor 1, the next one reads from its descriptor 0. words[] of each is
 *                 argv: the program's name, its arguments, NULL
 * Out: all of them were started, each in a child of its own, and all have ended: the status of the
 *      last one, as wait4() gives it. The shell has no more open descriptors than before.
 *      A name that execve() does not take: the child says so ("nosuch: ", and the error's name)
 *      and exits with EXIT_NO_PROGRAM.
 *      No pipe or no child: say so, wait for those that were started, and return −1
 *
 * For each command: pipe() unless it is the last one; fork(). The child makes the ends its
 * descriptors 0 and 1 with dup2() and closes what it does not need; then execve(). The parent
 * closes its copies at once: as long as anybody holds an end to write to, its reader waits.
 * Wait only when all are started: a full pipe is emptied by the next command.
 * Check: make grade ONLY=5.6
 */
#include <exercise.h>
#include <shell.h>

int run_line(const struct command *commands, unsigned count)
{
    todo("5.6");
}
