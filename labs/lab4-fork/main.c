/*
 * main.c - the kernel of lab 4: processes that wait and multiply.
 *
 * The story has chapters: programs run until none is left, then comes the next one.
 */
#include <chapters.h>
#include <console.h>
#include <copy_on_write.h>
#include <exercise.h>
#include <frame.h>
#include <irq.h>
#include <machine.h>
#include <page_fault.h>
#include <panic.h>
#include <process_calls.h>
#include <schedule.h>
#include <syscall.h>
#include <tables.h>
#include <user_memory.h>

static const struct {
    const char *id, *title;
    void (*begin)(void);
} chapters[] = {
    { "4.1", "wait_switch", begin_yielding },
    { "4.2", "sleep_on, wake_up, next_ready", begin_sleeping },
    { "4.3", "user_half_copy, page_copy", try_copying },
    { "4.4", "sys_fork", begin_forking },
    { "4.5", "process_ended, sys_wait4", begin_family },
    { "4.6", "page_share, cow_fault", begin_sharing },
};

static unsigned chapter;
static uint64_t frames_before;

_Noreturn void all_processes_ended(void)
{
    uint64_t frames = frame_free_count();
    if (frames != frames_before)
        panic("%lu frames are free, before the first process there were %lu", frames,
              frames_before);
    if (chapter == sizeof chapters / sizeof *chapters) {
        printf("Lab 4 is complete: no process is left, all %lu frames are free again.\n", frames);
        machine_off(MACHINE_DONE);
    }
    exercise(chapters[chapter].id, chapters[chapter].title);
    chapters[chapter++].begin();
    schedule();
}

_Noreturn void kmain(void)
{
    printf("Ringstep lab 4: processes that wait and multiply\n");
    tables_init();
    page_fault_init();
    exceptions_init();
    user_memory_init();
    syscall_init();
    process_calls_init();
    irq_init();
    owners_init();
    frames_before = frame_free_count();
    all_processes_ended();
}
