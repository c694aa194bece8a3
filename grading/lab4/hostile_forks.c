/*
 * hostile_forks.c - hostile families, where a program may fork, sleep and wait: see
 * hostile_family.h.
 *
 * programs/attacks.c asks which attack it is; the exit status of its first process says what went
 * wrong in ring 3.
 */
#include <hostile_family.h>
#include <lab4_calls.h>

const struct row hostile_rows[] = {
#define ATTACK(name)                     \
    {                                    \
        name, NULL, 0, SYSCALL_VECTOR, 0 \
    }
    ATTACK("a fork bomb: each child forks"),
    ATTACK("a fork bomb: one behind the other, each waits"),
    ATTACK("zombies until there is no memory"),
    ATTACK("waits for everybody else's children"),
    ATTACK("statuses to where nothing may be written"),
    ATTACK("a status across two shared pages"),
    ATTACK("exit while pages are shared"),
    ATTACK("faults at both edges of shared pages"),
    ATTACK("writes to shared code, by itself and by the kernel"),
    ATTACK("sleeps of bad times from bad places"),
    ATTACK("a program of 100 slices"),
    ATTACK("orphans that sleep for 2^63 seconds"), /* for ever: the last one */
};
asm(".globl hostile_rows_end\n"
    ".set hostile_rows_end, hostile_rows + 12 * 40\n");
_Static_assert(sizeof hostile_rows == 12L * 40, "what the tools read");
static const uint64_t rows_count = 12;

_Noreturn void all_processes_ended(void)
{
    observed_all();
}

static void ended(struct process *process)
{
    note_ended(process);
    process_ended(process);
}

static pid_t begin(void)
{
    pid_t pid = process_load(programs_start->image, programs_start->size);
    task_ready(task_of(process_find(pid)));
    return pid;
}

static void note_more(void)
{
    for (const struct process *process = neighbour->next; process; process = process->next)
        observe("sleeps", (uint64_t)process->pid);
    observe("frames lost", neighbour->next ? 0 : frames - frame_free_count());
}

static int64_t call_attack(struct trap_frame *frame)
{
    (void)frame;
    return (int64_t)running;
}

_Noreturn void kmain(void)
{
    lab4_start();
    exceptions_init();
    process_calls_init();
    syscall_register(CALL_ATTACK, call_attack);
    schedule_use(next_ready, ended);
    fork_page = page_share;
    neighbour_start();
    schedule();
}
