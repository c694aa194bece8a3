/*
 * process_checks.c - exercise 2.6: processes come and go.
 */
#include <boot.h>
#include <console.h>
#include <cpu.h>
#include <errno.h>
#include <exercise.h>
#include <frame.h>
#include <gdt.h>
#include <page_fault.h>
#include <page_table.h>
#include <process.h>
#include <process_checks.h>
#include <stacks.h>

#define CYCLES 700 /* enough to hand out every frame more than once */

/* What a process would start with, and what it has. */
static void require_record(pid_t pid, uint64_t entry_point)
{
    const struct process *process = process_find(pid);
    require(process != NULL, "2.6", "PID %d is not in the process table", pid);
    const struct trap_frame *registers = &process->registers;
    require(registers->rip == entry_point && registers->rsp == USER_STACK_TOP - ARGUMENT_BLOCK_SIZE,
            "2.6", "PID %d would start at rip %#lx with rsp %#lx, expected %#lx and %#lx", pid,
            registers->rip, registers->rsp, entry_point, USER_STACK_TOP - ARGUMENT_BLOCK_SIZE);
    require(registers->cs == SELECTOR_USER_CODE && registers->ss == SELECTOR_USER_DATA, "2.6",
            "PID %d would start with CS %#lx and SS %#lx, expected %#x and %#x", pid, registers->cs,
            registers->ss, SELECTOR_USER_CODE, SELECTOR_USER_DATA);
    require(registers->rflags == (RFLAGS_RESERVED | RFLAGS_IF), "2.6",
            "PID %d would start with RFLAGS %#lx, expected %#x: IF set, IOPL 0", pid,
            registers->rflags, RFLAGS_RESERVED | RFLAGS_IF);
    const uint64_t *general = (const uint64_t *)registers;
    for (unsigned i = 0; i < offsetof(struct trap_frame, vector) / sizeof *general; i++)
        require(general[i] == 0, "2.6",
                "PID %d would start with %#lx in a general register, expected 0 in each", pid,
                general[i]);
    require(process->user_stack == USER_STACK_TOP, "2.6",
            "the record of PID %d says that its user stack ends at %#lx, expected %#lx", pid,
            process->user_stack, USER_STACK_TOP);
    require(process->state == PROCESS_NEW, "2.6", "PID %d is in the state %d, expected %d (NEW)",
            pid, process->state, PROCESS_NEW);
}

static void try_bad_requests(void)
{
    static const uint64_t entry_points[] = { USER_PROGRAM_END, USER_PROGRAM_END + 1, KERNEL_BASE,
                                             USER_HALF_END, UINT64_MAX };
    for (unsigned i = 0; i < sizeof entry_points / sizeof *entry_points; i++) {
        pid_t pid = create_process(entry_points[i]);
        require(pid == -EINVAL, "2.6", "create_process(%#lx) gives %d, expected -EINVAL",
                entry_points[i], pid);
    }
    for (uint64_t entry = 0; entry < USER_PROGRAM_END; entry += USER_PROGRAM_END - 1) {
        pid_t pid = create_process(entry);
        require(pid > 0, "2.6", "create_process(%#lx) gives %s, expected a PID", entry,
                error_name(pid));
        destroy_process(pid);
    }
    for (pid_t pid = -1; pid <= 99; pid += 50) {
        int error = destroy_process(pid);
        require_error(error, -ESRCH, "2.6", "destroy_process(%d), where no process has that PID,",
                      pid);
    }
}

/* First the one in the middle: the others stay. */
static void destroy_three(void)
{
    static const pid_t order[] = { 2, 1, 3 };
    for (unsigned i = 0; i < 3; i++) {
        require(destroy_process(order[i]) == 0, "2.6", "destroy_process(%d) fails", order[i]);
        for (unsigned j = 0; j < 3; j++)
            require((process_find(order[j]) != NULL) == (j > i), "2.6",
                    "after destroy_process(%d) PID %d is %s", order[i], order[j],
                    j > i ? "gone, too" : "still in the process table");
    }
}

/* Three processes are gone: what is missing is of each the same. */
static void require_all_returned(uint64_t before)
{
    const uint64_t stack = KERNEL_STACK_SIZE / PAGE_SIZE;
    int64_t missing = (int64_t)(before - frame_free_count());
    require(missing == 0, "2.6", "%ld frames are missing after three processes: %s", missing,
            missing == 3                          ? "one for each, as its record has"
                : missing == (int64_t)(3 * stack) ? "as many for each as its kernel stack has"
                : missing > (int64_t)(3 * stack)
                ? "more for each than a kernel stack has: its page "
                  "table, with its user stack"
                : "not the same for each of them");
}

static void try_no_slot(void)
{
    uint64_t before = frame_free_count();
    pid_t pid = create_process(USER_PROGRAM_BASE);
    require(pid == -EAGAIN, "2.6",
            "create_process() gives %d, expected -EAGAIN: no kernel stack is to be had", pid);
    require_frames("2.6", before);
}

static uint64_t entry_point(pid_t pid)
{
    return USER_PROGRAM_BASE + (uint64_t)(pid - 1) * PAGE_SIZE;
}

void try_processes(void)
{
    uint64_t before = frame_free_count();
    for (pid_t expected = 1; expected <= 3; expected++) {
        pid_t pid = create_process(entry_point(expected));
        require(pid == expected, "2.6", "create_process() gives %d, expected PID %d", pid,
                expected);
        require(process_find(pid) != NULL, "2.6", "PID %d is not in the process table", pid);
    }
    process_table_print();
    for (pid_t pid = 1; pid <= 3; pid++)
        require_record(pid, entry_point(pid));
    const struct process *first = process_find(1);
    write_cr3(first->page_table.raw);
    probe_read(first->user_stack - USER_STACK_SIZE - 1);
    write_cr3(kernel_page_table.raw);
    try_bad_requests();
    destroy_three();
    require_all_returned(before);
    require_frames("2.6", before);
    with_all_slots_taken(try_no_slot);

    for (int i = 0; i < CYCLES; i++) {
        pid_t pid = create_process(USER_PROGRAM_BASE);
        require(pid > 0, "2.6", "create_process() gives %s in cycle %d", error_name(pid), i);
        destroy_process(pid);
    }
    printf("    %d more created and destroyed: %lu frames free, before there were %lu\n", CYCLES,
           frame_free_count(), before);
    require_frames("2.6", before);
}
