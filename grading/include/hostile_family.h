/*
 * hostile_family.h - what hostile_forks.c and hostile_files.c share: one hostile family after the
 * other, beside an innocent neighbour, as grading/lab3/hostile.c does with single programs. An
 * attack has ended when all of its family is gone, or sleeps.
 */
#pragma once

#include <clock.h>
#include <lab4.h>
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

/* As in hostile.c: a name, a body, a kind, and how the first process must end. */
struct row {
    const char *name;
    const void *body;
    uint64_t kind, vector, value;
};
extern const struct row hostile_rows[];

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

/* What each of them does in its own way. */
static const uint64_t rows_count;
static pid_t begin(void);    /* the first process of the attack `running`, ready to run */
static void note_more(void); /* what is seen when it has ended */

static void *fresh_page(phys_t root, uint64_t address, uint64_t flags)
{
    phys_t frame = frame_alloc();
    (void)page_map(root, address, frame, PTE_U | flags);
    return phys_to_virt(frame);
}

/* Whether it was the neighbour's end, or the guest's: to be called for each. */
static void note_ended(const struct process *process)
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
    note_more();
}

static int64_t turn(struct trap_frame *frame)
{
    if (current_process() != neighbour)
        return -ENOSYS;
    if (frames && is_over()) {
        note_end();
        frames = 0;
    }
    if (!frames && (number >= rows_count || number >= order.end))
        observed_all();
    if (!frames) {
        running = number;
        observe("program", number);
        number += order.step;
        frames = frame_free_count();
        guest = begin();
        quiet = 0;
    }
    neighbour->registers = *frame;
    task_ready(task_of(neighbour));
    schedule();
}

static void neighbour_start(void)
{
    syscall_register(TURN, turn);
    clock_init();
    number = order.first;
    neighbour = process_find(create_process(NEIGHBOUR));
    memcpy(fresh_page(neighbour->page_table, NEIGHBOUR, 0), hostile_neighbour,
           (size_t)(hostile_neighbour_end - hostile_neighbour));
    (void)fresh_page(neighbour->page_table, NEIGHBOUR_DATA, PTE_W | PTE_NX);
    task_ready(task_of(neighbour));
}
