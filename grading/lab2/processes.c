/*
 * processes.c - processes made and destroyed, with memory running out at every
 * step on the way.
 */
#include <errno.h>
#include <lab2.h>
#include <process.h>
#include <string.h>

#define ENTRY(i) (USER_PROGRAM_BASE + (uint64_t)(i)*0x1000)

/* How many frames a process takes, so that less can be offered. */
static uint64_t frames_for_one(void)
{
    uint64_t before = frame_free_count();
    pid_t pid = create_process(USER_PROGRAM_BASE);
    uint64_t used = before - frame_free_count();
    observe("first pid", (uint64_t)pid);
    observe("destroy", (uint64_t)destroy_process(pid));
    observe("lost by one", before - frame_free_count());
    return used;
}

static void try_without_memory(uint64_t needed)
{
    for (uint64_t left = 0; left < needed; left++) {
        hoard_all_but(left);
        observe("create with too few frames", (uint64_t)create_process(USER_PROGRAM_BASE));
        observe("frames left", left);
        observe("frames free after failure", frame_free_count());
    }
    hoard_release();
    observe("table empty after failures", process_first() == NULL);
}

static void try_bad_requests(pid_t been)
{
    static const uint64_t entries[] = {
        USER_PROGRAM_END,  USER_PROGRAM_END + 1, USER_HALF_END - 1, USER_HALF_END,
        KERNEL_HALF_START, KERNEL_BASE,          UINT64_MAX,
    };
    const pid_t nobody[] = { 999999, 0, -1, 1, been }; /* the last two have been */
    for (unsigned i = 0; i < sizeof entries / sizeof *entries; i++) {
        observe("bad entry", entries[i]);
        observe("create at a bad entry", (uint64_t)create_process(entries[i]));
    }
    for (unsigned i = 0; i < sizeof nobody / sizeof *nobody; i++) {
        observe("nobody", (uint64_t)nobody[i]);
        observe("destroy of nobody", (uint64_t)destroy_process(nobody[i]));
    }
}

static void show(pid_t pid)
{
    struct process *process = process_find(pid);
    observe("in the table", process != NULL);
    if (!process)
        return;
    observe("pid", (uint64_t)process->pid);
    observe("state", process->state);
    observe("page table", process->page_table.raw);
    observe("kernel stack", process->kernel_stack);
    observe("user stack", process->user_stack);
    observe("rip", process->registers.rip);
    observe("rsp", process->registers.rsp);
    observe("cs", process->registers.cs);
    observe("ss", process->registers.ss);
    observe("rflags", process->registers.rflags);
    const uint64_t *general = (const uint64_t *)&process->registers;
    uint64_t others = 0;
    while (general < &process->registers.rip)
        others |= *general++;
    observe("other registers", others);
}

_Noreturn void kmain(void)
{
    lab2_start();
    observe("kernel root", kernel_page_table.raw);
    observe("usable", frame_usable_count());
    uint64_t before = frame_free_count();
    uint64_t needed = frames_for_one();
    observe("frames for one", needed);
    try_without_memory(needed);
    observe("lost by failures", before - frame_free_count());

    /* Until memory was used more than twice over. */
    uint64_t cycles = 0, wanted = needed ? 2 * frame_usable_count() / needed + 2 : 1;
    for (; cycles < wanted; cycles++) {
        pid_t pid = create_process(USER_PROGRAM_BASE + cycles * 16);
        if (pid <= 0 || destroy_process(pid) != 0)
            break;
    }
    observe("cycles wanted", wanted);
    observe("cycles", cycles);
    observe("lost by cycles", before - frame_free_count());
    try_bad_requests((pid_t)cycles + 1);
    observe("lost by refusals", before - frame_free_count());

    pid_t pids[3];
    for (int i = 0; i < 3; i++)
        pids[i] = create_process(ENTRY(i));
    observe("destroy the middle one", (uint64_t)destroy_process(pids[1]));
    observe("middle one found", process_find(pids[1]) != NULL);
    uint64_t now = frame_free_count();
    observe("destroy it again", (uint64_t)destroy_process(pids[1]));
    observe("freed by that", frame_free_count() - now);
    pids[1] = create_process(ENTRY(1));
    for (int i = 0; i < 3; i++) {
        observe("entry point", ENTRY(i));
        show(pids[i]);
    }
    observe_free_frames();
    observed_all();
}
