/*
 * chapters.c - see chapters.h.
 */
#include <boot.h>
#include <chapters.h>
#include <clock.h>
#include <console.h>
#include <copy_on_write.h>
#include <errno.h>
#include <exercise.h>
#include <frame.h>
#include <panic.h>
#include <process_calls.h>
#include <program.h>
#include <schedule.h>
#include <string.h>
#include <wait.h>

/* Load the program of that name, `times` over, and have it ready. */
static void load(const char *name, int times)
{
    const struct program *program = programs_start;
    while (program < programs_end && strcmp(program->name, name) != 0)
        program++;
    while (program < programs_end && times--) {
        pid_t pid = process_load(program->image, program->size);
        if (pid < 0)
            panic("cannot load %s: %s", name, error_name(pid));
        task_ready(task_of(process_find(pid)));
    }
}

/* The first that is ready, without any waiting: all that chapter 4.1 needs. */
static struct process *first_ready(void)
{
    struct task *task = queue_take(&ready);
    return task ? &task->process : NULL;
}

/* Nobody asks for a status yet: a process that has ended is gone. */
static void ended_at_once(struct process *process)
{
    struct task *task = task_of(process);
    if (task->parent)
        child_remove(task);
    while (task->first_child)
        child_remove(task->first_child);
    task_destroy(task);
}

void begin_yielding(void)
{
    schedule_use(first_ready, ended_at_once);
    load("yield_test", 2);
}

void begin_sleeping(void)
{
    schedule_use(next_ready, ended_at_once);
    clock_init();
    load("sleep_test", 3);
}

/* Two pages that a program might have, and one of its stack. */
static const struct {
    uint64_t address, flags;
} pages[] = {
    { USER_PROGRAM_BASE, PTE_U },
    { USER_PROGRAM_BASE + PAGE_SIZE, PTE_U | PTE_W | PTE_NX },
    { USER_STACK_TOP - PAGE_SIZE, PTE_U | PTE_W | PTE_NX },
};
#define PAGES (sizeof pages / sizeof *pages)

static void check_page(phys_t from, phys_t to, uint64_t address, uint64_t flags)
{
    const pte_t *old = page_table_walk(from, address, 1, false);
    const pte_t *new = page_table_walk(to, address, 1, false);
    require(new &&*new &PTE_P, "4.3", "%#lx is mapped, and in the copy it is not", address);
    require(pte_frame(*new).raw != pte_frame(*old).raw, "4.3",
            "%#lx has the same frame in both, %#lx", address, pte_frame(*new).raw);
    require((*new &(PTE_U | PTE_W | PTE_NX)) == flags, "4.3",
            "the entry of %#lx is %#lx, and that of the copy %#lx: other rights", address, *old,
            *new);
    require(memcmp(phys_to_virt(pte_frame(*old)), phys_to_virt(pte_frame(*new)), PAGE_SIZE) == 0,
            "4.3", "the copy of the page at %#lx has other bytes", address);
}

void try_copying(void)
{
    phys_t from = FRAME_NONE, to = FRAME_NONE;
    if (create_user_page_table(&from) != 0 || create_user_page_table(&to) != 0)
        panic("no frames for two page tables");
    for (unsigned i = 0; i < PAGES; i++) {
        phys_t frame = frame_alloc();
        memset(phys_to_virt(frame), (int)(0x51 + i), PAGE_SIZE);
        (void)page_map(from, pages[i].address, frame, pages[i].flags);
    }
    int error = user_half_copy(from, to, page_copy);
    require(error == 0, "4.3", "user_half_copy() gives %s", error_name(error));
    for (unsigned i = 0; i < PAGES; i++)
        check_page(from, to, pages[i].address, pages[i].flags);
    printf("    the walk of %#lx:\n", pages[1].address);
    page_table_print_walk(from, pages[1].address);
    printf("    and in the copy:\n");
    page_table_print_walk(to, pages[1].address);
    destroy_user_page_table(from);
    destroy_user_page_table(to);
}

void begin_forking(void)
{
    load("fork_test", 1);
}

void begin_family(void)
{
    schedule_use(next_ready, process_ended);
    load("family_test", 1);
}

void begin_sharing(void)
{
    fork_page = page_share;
    load("family_test", 1);
}
