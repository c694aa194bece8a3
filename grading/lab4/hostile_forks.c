/*
 * hostile_forks.c - one hostile family after the other, beside an innocent neighbour: what
 * grading/lab3/hostile.c does, where a program may fork, sleep and wait.
 *
 * programs/attacks.c asks which attack it is. An attack has ended when all of its family is
 * gone, or sleeps; the exit status of its first process says what went wrong in ring 3.
 */
#include <clock.h>
#include <lab4.h>
#include <lab4_calls.h>
#include <program.h>

#define NEIGHBOUR      0x600000
#define NEIGHBOUR_DATA 0x700000
#define TURN           119 /* as in innocent.S */
#define PATIENCE       50  /* turns of the neighbour in which nobody else has run */

asm(".pushsection .rodata\n"
    ".intel_syntax noprefix\n"
    ".set DATA, 0x500000\n"
    ".set NEIGHBOUR_DATA, 0x700000\n"
    ".set TURN, 119\n"
    ".macro leave_with status\n"
    "mov edi, \\status\n mov eax, 60\n int 0x80\n"
    ".endm\n"
    ".include \"grading/hostile/innocent.S\"\n"
    ".popsection\n"
    ".att_syntax\n");

/* As in hostile.c: a name, no body, a kind, and how the first process must end. */
const struct row {
    const char *name;
    const void *body;
    uint64_t kind, vector, value;
} hostile_rows[] = {
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

extern const uint8_t hostile_neighbour[], hostile_neighbour_end[];

/* The tools write into the image what is to be run, as in hostile.c. */
static volatile struct {
    char mark[16];
    uint64_t seed, first, step, end;
} order = { "order of attack", 0, 0, 1, ~0UL };

static struct process *neighbour;
static uint64_t number, running, frames, quiet;
static pid_t guest; /* its first process; 0: it has ended */
static struct trap_frame last;

_Noreturn void all_processes_ended(void)
{
    observed_all();
}

static void *fresh_page(phys_t root, uint64_t address, uint64_t flags)
{
    phys_t frame = frame_alloc();
    (void)page_map(root, address, frame, PTE_U | flags);
    return phys_to_virt(frame);
}

static void ended(struct process *process)
{
    const struct trap_frame *trap = (const struct trap_frame *)process->kernel_stack - 1;
    if (process == neighbour) {
        observe("neighbour harmed", trap->vector << 32 | (uint32_t)trap->rdi);
        observed_all();
    }
    if (process->pid == guest) {
        last = *trap;
        guest = 0;
    }
    process_ended(process);
}

/* Whether all of the family is gone, or waits in vain. */
static bool is_over(void)
{
    quiet = ready.first ? 0 : quiet + 1;
    return !guest && (!neighbour->next || quiet > PATIENCE);
}

static void note_end(void)
{
    observe("vector", last.vector);
    observe("value", last.vector == SYSCALL_VECTOR ? last.rdi : last.error_code);
    observe("rip", last.rip);
    for (const struct process *process = neighbour->next; process; process = process->next)
        observe("sleeps", (uint64_t)process->pid);
    observe("frames lost", neighbour->next ? 0 : frames - frame_free_count());
}

static int64_t turn(struct trap_frame *frame)
{
    uint64_t rows = (uint64_t)(sizeof hostile_rows / sizeof *hostile_rows);
    if (current_process() != neighbour)
        return -ENOSYS;
    if (frames && is_over()) {
        note_end();
        frames = 0;
    }
    if (!frames && (number >= rows || number >= order.end))
        observed_all();
    if (!frames) {
        running = number;
        observe("program", number);
        number += order.step;
        frames = frame_free_count();
        guest = process_load(programs_start->image, programs_start->size);
        task_ready(task_of(process_find(guest)));
        quiet = 0;
    }
    neighbour->registers = *frame;
    task_ready(task_of(neighbour));
    schedule();
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
    syscall_register(TURN, turn);
    syscall_register(CALL_ATTACK, call_attack);
    schedule_use(next_ready, ended);
    fork_page = page_share;
    clock_init();
    number = order.first;
    neighbour = process_find(create_process(NEIGHBOUR));
    memcpy(fresh_page(neighbour->page_table, NEIGHBOUR, 0), hostile_neighbour,
           (size_t)(hostile_neighbour_end - hostile_neighbour));
    (void)fresh_page(neighbour->page_table, NEIGHBOUR_DATA, PTE_W | PTE_NX);
    task_ready(task_of(neighbour));
    schedule();
}
