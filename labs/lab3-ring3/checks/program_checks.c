/*
 * program_checks.c - see program_checks.h.
 *
 * At the top of a process's kernel stack lies the frame of the trap that brought it into
 * the kernel for the last time, as the processor and trap_entry have written it.
 */
#include <call_checks.h>
#include <console.h>
#include <exercise.h>
#include <irq.h>
#include <machine.h>
#include <program.h>
#include <program_checks.h>
#include <schedule.h>
#include <string.h>
#include <syscall_numbers.h>

/* In the order of their PIDs. */
static const struct {
    const char *name;
    unsigned vector; /* of its last trap */
    const char *must;
} programs[] = {
    { "ring3_test", SYSCALL_VECTOR, "exit with its own PID" },
    { "ring3_loop_test", VECTOR_TIMER, "use up its time slices" },
    { "ring3_privilege_test", VECTOR_GP, "be ended by #GP, at cli" },
};
#define COUNT (sizeof programs / sizeof *programs)

static unsigned refused;
static bool watched, tried_calls;
static pid_t wrong; /* the first that ended otherwise; 0: none */
static struct trap_frame last;

static bool is_right(pid_t pid, const struct trap_frame *frame)
{
    if (frame->vector != programs[pid - 1].vector)
        return false;
    return pid != 1 || (frame->rax == SYS_EXIT && frame->rdi == (uint64_t)pid);
}

static void program_ended(struct process *process)
{
    const struct trap_frame *frame = (const struct trap_frame *)process->kernel_stack - 1;
    if (!wrong && !is_right(process->pid, frame)) {
        wrong = process->pid;
        last = *frame;
    }
    require(process->has_called || frame->vector != SYSCALL_VECTOR, "3.1",
            "PID %d has made system calls, and none has come to syscall_trap()", process->pid);
    destroy_process(process->pid);
}

void program_checks_init(void)
{
    if (programs_end - programs_start != COUNT)
        return;
    for (unsigned i = 0; i < COUNT; i++)
        if (strcmp(programs_start[i].name, programs[i].name) != 0)
            return;
    for (pid_t pid = 1; pid <= (pid_t)COUNT; pid++)
        refused += !process_find(pid);
    watched = !refused; /* else their PIDs need not be in the order of the table */
    if (watched)
        schedule_use(NULL, program_ended);
}

static bool is_fetch_of_mapped_page(void)
{
    uint64_t both = PAGE_FAULT_PRESENT | PAGE_FAULT_FETCH;
    return last.vector == VECTOR_PF && (last.error_code & both) == both;
}

void require_programs(void)
{
    if (refused) {
        printf("Lab 3 is not complete: %u of its %zu programs could not be loaded\n", refused,
               COUNT);
        machine_off(MACHINE_WRONG);
    }
    if (watched && !tried_calls) { /* they say more than how a program has ended */
        tried_calls = true;
        call_checks();
    }
    if (!wrong)
        return;
    printf("Lab 3 is not complete: %s (PID %d) must %s, and ", programs[wrong - 1].name, wrong,
           programs[wrong - 1].must);
    if (last.vector == SYSCALL_VECTOR)
        printf("exited with status %d\n", (int)last.rdi);
    else if (last.vector < VECTOR_EXCEPTIONS)
        printf("was ended by %s at rip %#lx%s\n", trap_mnemonic((unsigned)last.vector), last.rip,
               is_fetch_of_mapped_page() ? ": the page is mapped, but not for ring 3 to execute"
                                         : "");
    else
        printf("was taken off the processor at rip %#lx\n", last.rip);
    machine_off(MACHINE_WRONG);
}
