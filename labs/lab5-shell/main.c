/*
 * main.c - the kernel of lab 5: a shell in ring 3.
 *
 * As in lab 4 the story has chapters. At a console that somebody sits at (make shell) it
 * begins with the last one.
 */
#include <clock.h>
#include <console.h>
#include <console_input.h>
#include <copy_on_write.h>
#include <exercise.h>
#include <file.h>
#include <frame.h>
#include <irq.h>
#include <linux.h>
#include <machine.h>
#include <page_fault.h>
#include <panic.h>
#include <process_calls.h>
#include <schedule.h>
#include <stages.h>
#include <syscall.h>
#include <tables.h>
#include <typist.h>
#include <user_memory.h>
#include <user_task.h>

static const struct {
    const char *id, *title;
    void (*begin)(void);
} stages[] = {
    { "5.1", "serial_interrupt, console_read", begin_typing },
    { "5.2", "archive_find, file_read", begin_reading },
    { "5.3", "arguments_push", show_arguments },
    { "5.4", "sys_execve", begin_executing },
    { "5.5", "pipe_read, pipe_write, pipe_close", begin_piping },
    { "5.6", "run_line, in ring 3", begin_shell },
};
#define STAGES (sizeof stages / sizeof *stages)

static unsigned stage;
static uint64_t frames_before;

_Noreturn void all_processes_ended(void)
{
    uint64_t frames = frame_free_count();
    console_quiet = false;
    if (frames != frames_before)
        panic("%lu frames are free, before the first process there were %lu", frames,
              frames_before);
    if (stage == STAGES) {
        printf("%s: no process is left, all %lu frames are free again.\n",
               is_interactive() ? "The shell has ended" : "Lab 5 is complete", frames);
        machine_off(MACHINE_DONE);
    }
    exercise(stages[stage].id, stages[stage].title);
    stages[stage++].begin();
    schedule();
}

_Noreturn void kmain(void)
{
    printf("Ringstep lab 5: a shell in ring 3\n");
    tables_init();
    page_fault_init();
    exceptions_init();
    user_memory_init();
    syscall_init();
    process_calls_init();
    file_calls_init();
    irq_init();
    owners_init();
    clock_init();
    console_input_init();
    linux_init();
    fork_page = page_share;
    schedule_use(next_typing, user_ended);
    frames_before = frame_free_count();
    stage = is_interactive() ? STAGES - 1 : 0;
    all_processes_ended();
}
