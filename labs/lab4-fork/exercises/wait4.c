/*
 * Exercise 4.5: process_ended, sys_wait4
 *
 * process_ended
 * In:  process   has ended: its status is in its task. We are on the boot stack
 * Out: those of its children that have ended are destroyed (task_destroy()), the others
 *      have no parent any more. With a parent of its own it is a PROCESS_ZOMBIE, kept until
 *      the parent asks, and whoever waits in its child_ended is woken. Without one it
 *      is destroyed
 *
 * sys_wait4
 * In:  pid       of a child, or −1 for any
 *      status    where the program wants the child's status, or 0
 *      options   0 or WNOHANG
 *      usage     must be 0
 * Out: the PID of a child that had ended: its status was copied to the program, it is no
 *      child any more, and destroyed. While there are such children, but none has
 *      ended: with WNOHANG 0, otherwise it waits in child_ended.
 *      −EINVAL: `pid` is 0 or below −1, another option, `usage` is not 0;
 *      −ECHILD: no such child; another error of copy_to_user(): the child stays
 *
 * After sleep_on() look again, in a loop: which child has ended, and is it the right one?
 * child_remove() and task_destroy() are in <task.h>. POSIX, waitpid().
 * Check: make grade ONLY=4.5
 */
#include <errno.h>
#include <exercise.h>
#include <process_calls.h>
#include <user_copy.h>
#include <wait.h>

void process_ended(struct process *process)
{
    todo("4.5");
}

int64_t sys_wait4(int pid, uint64_t status, int options, uint64_t usage)
{
    todo("4.5");
}
