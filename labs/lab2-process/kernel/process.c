/*
 * process.c - the process table.
 */
#include <console.h>
#include <frame.h>
#include <panic.h>
#include <process.h>
#include <string.h>

static struct process *process_table;
static struct process **process_table_end = &process_table; /* where the next one is entered */
static pid_t next_pid = 1;

struct process *process_new(void)
{
    phys_t frame = frame_alloc();
    if (frame.raw == FRAME_NONE.raw)
        return NULL;
    struct process *process = phys_to_virt(frame);
    process->pid = next_pid;
    return process;
}

void process_discard(struct process *process)
{
    memset(process, 0xDB, sizeof *process); /* so that a later use of it is noticed */
    frame_free(phys((uint64_t)process - PHYSICAL_MAP_BASE));
}

void process_enter(struct process *process)
{
    process->next = NULL;
    process->link = process_table_end;
    *process_table_end = process;
    process_table_end = &process->next;
    next_pid = process->pid + 1;
}

void process_remove(struct process *process)
{
    if (!process->link || *process->link != process)
        panic("PID %d is not in the process table", process->pid);
    *process->link = process->next;
    *(process->next ? &process->next->link : &process_table_end) = process->link;
}

struct process *process_first(void)
{
    return process_table;
}

struct process *process_find(pid_t pid)
{
    for (struct process *process = process_table; process; process = process->next)
        if (process->pid == pid)
            return process;
    return NULL;
}

void process_table_print(void)
{
    static const char *const states[] = { "new", "ready", "running", "dead", "waiting", "zombie" };
    printf("    PID  state    CR3         kernel stack        entry point\n");
    for (struct process *process = process_table; process; process = process->next)
        printf("    %-4d %-8s %#-11lx %#lx  %#lx\n", process->pid, states[process->state],
               process->page_table.raw, process->kernel_stack, process->registers.rip);
}
