/*
 * user_task.c - see user_task.h.
 */
#include <archive.h>
#include <console_input.h>
#include <errno.h>
#include <linux.h>
#include <panic.h>
#include <process_calls.h>
#include <program.h>
#include <schedule.h>
#include <string.h>
#include <user_task.h>

struct task *first_task;

void first_task_start(unsigned number)
{
    const struct archive_header *header = NULL;
    for (unsigned i = 0; i <= number; i++)
        if (archive_next(&header) != 0)
            panic("the archive has no file %u", number);
    pid_t pid = process_load(header + 1, archive_size(header));
    if (pid < 0)
        panic("cannot load the archive's file %u: %s", number, error_name(pid));
    first_task = task_of(process_find(pid));
    files_console(user_of(first_task));
    linux_start(first_task);
    memcpy(user_of(first_task)->name, header->name, sizeof user_of(first_task)->name - 1);
    task_ready(first_task);
}

void user_inherit(struct user *child)
{
    const struct user *parent = user_of(current_task());
    memcpy(child->name, parent->name, sizeof child->name);
    files_inherit(child, parent);
    linux_inherit(&child->task);
}

void user_ended(struct process *process)
{
    struct task *task = task_of(process);
    files_close(user_of(task));
    linux_ended(task);
    if (task == console_owner)
        console_owner = NULL;
    if (task == first_task)
        first_task = NULL;
    process_ended(process);
}
