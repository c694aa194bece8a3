/*
 * shells.c - exercise 5.6: the shell of the lab, to which this kernel types lines; and what its
 * processes execute, with which arguments and descriptors.
 */
#include <lab5.h>
#include <pipe.h>
#include <user_copy.h>

#define SHELL 4 /* its place in programs.txt */

static const char *const lines[] = {
    "echo one\n",
    "echo a b | cat\n",
    "echo hello | cat | wc\n",
    "cat README | cat | cat | wc\n",
    "yes | head\n",
    "nosuch\n",
    "echo x | nosuch\n",
    "nosuch | wc\n",
    "false\n",
    "crash\n",
    "true | true\n",
    "cat README poem README poem README poem README poem README poem README poem | true\n",
    "ps\n",
    "cat | crash\n", /* the last one ends before the first … */
    "to cat\n",      /* … which has this */
    "crash | cat\n",
    "echo 1 | echo 2 | echo 3\n",
    "echo 4 | echo 5 | echo 6\n",
    "exit 5\n",
};

/* Lines in which the second fork, or pipe, of the shell fails. */
enum { NO_FORK = 16, NO_PIPE = 17 };

static pid_t shell;
static int line = -1; /* the one that was typed last */
static unsigned calls;

static void observe_text(const char *what, const char *text)
{
    uint64_t word = 0;
    memcpy(&word, text, strlen(text) < sizeof word ? strlen(text) : sizeof word);
    observe(what, word);
}

static unsigned files_of(const struct user *user)
{
    unsigned count = 0;
    for (unsigned i = 0; i < FILES_MAX; i++)
        count += user->files[i] != NULL;
    return count;
}

/* 0: nothing; 1: the console; 2: the end of a pipe that is read from; 3: the other one. */
static uint64_t what_is(const struct file *file)
{
    return !file ? 0 : file->kind == &console_kind ? 1 : file->kind->read ? 2 : 3;
}

static int64_t call_execve(struct trap_frame *frame)
{
    static struct arguments arguments;
    const struct user *user = user_of(current_task());
    observe("executes", (uint64_t)current_process()->pid);
    if (arguments_from_user(&arguments, frame->rsi) == 0 && arguments.count) {
        observe_text("name", arguments.text);
        observe("arguments", arguments.count);
    }
    observe("open files", files_of(user));
    observe("descriptor 0", what_is(user->files[0]));
    observe("descriptor 1", what_is(user->files[1]));
    observe("its parent is the shell",
            current_task()->parent && current_task()->parent->process.pid == shell);
    return sys_execve(frame, frame->rdi, frame->rsi);
}

static int64_t call_exit_seen(struct trap_frame *frame)
{
    observe("exits", (uint64_t)current_process()->pid);
    observe("with", frame->rdi);
    if (current_process()->pid == shell && frame->rdi == EXIT_TODO)
        machine_off(MACHINE_TODO);
    current_task()->status = STATUS_EXITED((int)frame->rdi);
    sys_exit((int)frame->rdi);
    return 0;
}

/* Whether this is the shell's second call of that kind in this line, and there it has to fail. */
static bool fails(int in_line)
{
    bool is_it = line == in_line && current_process()->pid == shell && ++calls == 2;
    if (is_it)
        observe("refused in line", (uint64_t)line);
    return is_it;
}

static int64_t call_fork(struct trap_frame *frame)
{
    if (fails(NO_FORK))
        return -EAGAIN;
    int64_t pid = sys_fork(frame);
    if (pid > 0)
        user_inherit(user_of(task_of(process_find((pid_t)pid))));
    return pid;
}

static int64_t call_pipe(struct trap_frame *frame)
{
    int ends[2];
    if (fails(NO_PIPE))
        return -ENFILE;
    int error = pipe_open(ends);
    return error ? error : copy_to_user(frame->rdi, ends, sizeof ends);
}

static struct process *next(void)
{
    const struct task *reader = console_input.readers.first;
    if (!ready.first && reader && line + 1 < (int)(sizeof lines / sizeof *lines)) {
        calls = 0;
        observe("line", (uint64_t)++line);
        observe("reader is the shell", reader->process.pid == shell);
        observe("open files of the shell", files_of(user_of(task_of(process_find(shell)))));
        unsigned processes = 0;
        for (const struct process *p = process_first(); p; p = p->next)
            processes++;
        observe("processes", processes);
        observe("free", frame_free_count());
        const char *keys = lines[line];
        while (*keys) {
            size_t count = strlen(keys) < 16 ? strlen(keys) : 16;
            lab5_type(keys, count);
            keys += count;
            if (*keys)
                asm volatile("sti; hlt; cli" : : : "memory");
        }
        struct process *process = next_ready();
        linux_switch(process);
        return process;
    }
    return lab5_next();
}

_Noreturn void kmain(void)
{
    lab5_start();
    syscall_register(SYS_EXECVE, call_execve);
    syscall_register(SYS_EXIT, call_exit_seen);
    syscall_register(SYS_FORK, call_fork);
    syscall_register(SYS_PIPE, call_pipe);
    schedule_use(next, user_ended);
    console_quiet = true;
    first_task_start(SHELL);
    shell = first_task->process.pid;
    schedule();
}
