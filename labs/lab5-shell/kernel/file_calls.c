/*
 * file_calls.c - the system calls of lab 5, and what it adds to those of lab 4.
 */
#include <console.h>
#include <errno.h>
#include <execute.h>
#include <exercise.h>
#include <file.h>
#include <machine.h>
#include <pipe.h>
#include <process_calls.h>
#include <schedule.h>
#include <syscall.h>
#include <user_copy.h>
#include <user_task.h>

static int64_t call_read(struct trap_frame *frame)
{
    struct file *file = file_of(frame->rdi);
    if (!file || !file->kind->read)
        return -EBADF;
    return frame->rdx ? file->kind->read(file, frame->rsi, frame->rdx) : 0;
}

static int64_t call_write(struct trap_frame *frame)
{
    struct file *file = file_of(frame->rdi);
    if (!file || !file->kind->write)
        return -EBADF;
    return frame->rdx ? file->kind->write(file, frame->rsi, frame->rdx) : 0;
}

static int64_t call_open(struct trap_frame *frame)
{
    char path[NAME_SIZE];
    int error = string_from_user(path, frame->rdi, sizeof path);
    if (error)
        return error;
    return (frame->rsi & O_ACCMODE) == O_RDONLY ? path_open(path) : -EROFS;
}

static int64_t call_close(struct trap_frame *frame)
{
    struct file *file = file_of(frame->rdi);
    if (!file)
        return -EBADF;
    user_of(current_task())->files[frame->rdi] = NULL;
    file_release(file);
    return 0;
}

static int64_t call_lseek(struct trap_frame *frame)
{
    struct file *file = file_of(frame->rdi);
    if (!file)
        return -EBADF;
    if (!file->kind->has_place)
        return -ESPIPE;
    int64_t place = (int64_t)frame->rsi;
    if (frame->rdx > SEEK_END)
        return -EINVAL;
    uint64_t from = frame->rdx == SEEK_SET ? 0
        : frame->rdx == SEEK_CUR           ? file->place
                                           : file->data.size;
    if (__builtin_add_overflow(place, (int64_t)from, &place) || place < 0)
        return -EINVAL;
    file->place = (uint64_t)place;
    return place;
}

static int64_t call_getdents64(struct trap_frame *frame)
{
    struct file *file = file_of(frame->rdi);
    if (!file)
        return -EBADF;
    return file->kind == &folder_kind ? folder_list(file, frame->rsi, frame->rdx) : -ENOTDIR;
}

static int64_t call_dup2(struct trap_frame *frame)
{
    struct file *file = file_of(frame->rdi), *old = file_of(frame->rsi);
    if (!file || frame->rsi >= FILES_MAX)
        return -EBADF;
    user_of(current_task())->files[frame->rsi] = file_share(file);
    if (old)
        file_release(old);
    return (int64_t)frame->rsi;
}

static int64_t call_pipe(struct trap_frame *frame)
{
    int ends[2];
    int error = pipe_open(ends);
    if (error)
        return error;
    error = copy_to_user(frame->rdi, ends, sizeof ends);
    for (int i = 0; error && i < 2; i++) {
        file_release(file_of((uint64_t)ends[i]));
        user_of(current_task())->files[ends[i]] = NULL;
    }
    return error;
}

static int64_t call_fork(struct trap_frame *frame)
{
    int64_t pid = sys_fork(frame);
    if (pid > 0)
        user_inherit(user_of(task_of(process_find((pid_t)pid))));
    return pid;
}

static int64_t call_execve(struct trap_frame *frame)
{
    return sys_execve(frame, frame->rdi, frame->rsi);
}

/* An exercise in ring 3 that is not written has said so: todo.c. */
static int64_t call_exit(struct trap_frame *frame)
{
    if ((int)frame->rdi == EXIT_TODO && current_task() == first_task)
        machine_off(MACHINE_TODO);
    current_task()->status = STATUS_EXITED((int)frame->rdi);
    sys_exit((int)frame->rdi);
    return 0;
}

void file_calls_init(void)
{
    static const struct {
        unsigned number;
        syscall_handler_t handler;
    } calls[] = {
        { SYS_READ, call_read },       { SYS_WRITE, call_write },
        { SYS_OPEN, call_open },       { SYS_CLOSE, call_close },
        { SYS_LSEEK, call_lseek },     { SYS_PIPE, call_pipe },
        { SYS_DUP2, call_dup2 },       { SYS_FORK, call_fork },
        { SYS_EXECVE, call_execve },   { SYS_EXIT, call_exit },
        { SYS_EXIT_GROUP, call_exit }, { SYS_GETDENTS64, call_getdents64 },
    };
    for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++)
        syscall_register(calls[i].number, calls[i].handler);
}
