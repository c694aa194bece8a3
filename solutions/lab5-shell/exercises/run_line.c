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

/* SOLUTION */
/* In the child: become the command. */
static _Noreturn void become(const struct command *command, int input, const int ends[2])
{
    if (input > 0) {
        dup2(input, 0);
        close(input);
    }
    if (ends[1] > 0) {
        dup2(ends[1], 1);
        close(ends[1]);
        close(ends[0]);
    }
    int error = execve(command->words[0], command->words);
    print_error(command->words[0], error);
    sys_exit(EXIT_NO_PROGRAM);
}
/* END SOLUTION */

int run_line(const struct command *commands, unsigned count)
{
    /* SOLUTION */
    int input = 0, last = 0, result = -1, status, pid = 0;
    for (unsigned i = 0; i < count && pid >= 0; i++) {
        int ends[2] = { 0, 0 };
        pid = i + 1 < count ? pipe(ends) : 0;
        if (pid >= 0)
            pid = fork();
        if (pid == 0)
            become(&commands[i], input, ends);
        if (pid < 0)
            print_error("cannot start it", pid);
        if (input > 0)
            close(input);
        if (ends[1] > 0)
            close(ends[1]);
        input = ends[0];
        last = pid;
    }
    if (input > 0)
        close(input);
    while ((pid = wait4(-1, &status, 0, NULL)) > 0)
        if (pid == last)
            result = status;
    return result;
    /* END SOLUTION */
}
