/*
 * call_checks.c - exercises 3.1 to 3.6 once more, called with what no program asks for.
 *
 * All programs have ended. Two processes are made; the second is the current one, and the
 * first of the table, which has nothing to do with it, must stay as it is. Some of the
 * functions do not return: then the scheduler comes back to next_try().
 */
#include <boot.h>
#include <call_checks.h>
#include <console.h>
#include <cpu.h>
#include <errno.h>
#include <exercise.h>
#include <format.h>
#include <frame.h>
#include <gdt.h>
#include <irq.h>
#include <schedule.h>
#include <string.h>
#include <syscall.h>

static struct process *other, *ended;
struct process *tried;

/* ---- 3.3 ---- */

#define MARK 0x51 /* in the frame's first register; one more in each that follows */

/* process_end() asks what has brought the kernel here. */
static void came_by(unsigned vector)
{
    ((struct trap_frame *)tried->kernel_stack - 1)->vector = vector;
}

static void fill(struct trap_frame *frame)
{
    uint64_t *values = (uint64_t *)frame;
    for (unsigned i = 0; i < FRAME_WORDS; i++)
        values[i] = MARK + i;
}

/* What a system call gives; no register but RAX may change. */
static int64_t call(uint64_t number, uint64_t first, uint64_t second, uint64_t third)
{
    struct trap_frame frame, before;
    fill(&frame);
    frame.rax = number;
    frame.rdi = first;
    frame.rsi = second;
    frame.rdx = third;
    before = frame;
    came_by(SYSCALL_VECTOR);
    syscall_dispatch(&frame);
    before.rax = frame.rax;
    const uint64_t *is = (const uint64_t *)&frame, *was = (const uint64_t *)&before;
    for (unsigned i = 0; i < FRAME_WORDS; i++)
        require(is[i] == was[i], "3.3",
                "after the system call %lu the frame's %s is %#lx, it was %#lx", number,
                frame_words[i], is[i], was[i]);
    return (int64_t)frame.rax;
}

static void try_calls(void)
{
    char is[RESULT_SIZE];
    static const uint64_t unknown[] = { 1000, 1UL << 32 | SYS_GETPID, 256 + SYS_GETPID,
                                        UINT64_MAX };
    for (unsigned i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        int64_t result = call(unknown[i], 0, 0, 0);
        require(result == -ENOSYS, "3.3",
                "the system call %#lx, which there is not, gives %s, expected -ENOSYS", unknown[i],
                result_text(is, result));
    }
    int64_t pid = call(SYS_GETPID, 0, 0, 0);
    require(pid == tried->pid, "3.3", "getpid gives %s to PID %d", result_text(is, pid),
            tried->pid);

    const char *text;
    uint64_t buffer = USER_STACK_TOP - sizeof(uint64_t);
    console_take();
    int64_t written = call(SYS_WRITE, 1, buffer, 3);
    size_t size = console_give(&text);
    require(written == 3 && size == 3, "3.3",
            "write(1, %#lx, 3) by way of syscall_dispatch() gives %s, expected 3, as "
            "sys_write() does",
            buffer, result_text(is, written));
    written = call(SYS_WRITE, 257, buffer, 3);
    require(written == -EBADF, "3.3",
            "write(257, %#lx, 3) by way of syscall_dispatch() gives %s, expected -EBADF, as "
            "sys_write() does",
            buffer, result_text(is, written));
    written = call(SYS_WRITE, 1, buffer, 1UL << 32);
    require(written == -EFAULT, "3.3",
            "write(1, %#lx, %#lx) by way of syscall_dispatch() gives %s, expected -EFAULT, as "
            "sys_write() does",
            buffer, 1UL << 32, result_text(is, written));
}

/* A process has ended, and it is the right one; what was printed. */
static const char *ended_with(const char *id, const char *function)
{
    const char *text;
    console_give(&text);
    require(other->state == PROCESS_NEW, id,
            "%s has ended PID %d, expected PID %d, the current one, and nobody else", function,
            other->pid, tried->pid);
    require(ended == tried, id, "after %s PID %d has not ended", function, tried->pid);
    ended = NULL;
    tried->state = PROCESS_RUNNING;
    return text;
}

static void require_line(const char *id, const char *function, const char *expected)
{
    const char *is = ended_with(id, function);
    require(strcmp(is, expected) == 0, id, "%s has printed \"%s\", expected \"%s\"", function, is,
            expected);
}

static const int statuses[] = { -7, 1000 };
static unsigned exits, faults, ticks;

static bool try_exit(void)
{
    if (exits > 0) {
        char expected[80];
        snprintf(expected, sizeof expected, "PID %d exits with status %d", tried->pid,
                 statuses[exits - 1]);
        require_line("3.3", "exit", expected);
    }
    if (exits == sizeof statuses / sizeof *statuses)
        return false;
    console_take();
    call(SYS_EXIT, (uint64_t)statuses[exits++], 0, 0);
    require(false, "3.3", "sys_exit() has returned: it must end with process_end()");
    return true;
}

/* ---- 3.5 ---- */

static struct trap_frame interrupted;

static void gone_on(void)
{
    require(false, "3.5",
            "timer_tick() has gone back to the process, though another one is ready: that is "
            "for schedule()");
}

/* What the process goes on with is what was interrupted, each time, up to its last slice. */
static bool try_tick(void)
{
    char expected[80] = "";
    if (ticks == SLICES_MAX) {
        snprintf(expected, sizeof expected, "PID %d has used up its %d time slices", tried->pid,
                 SLICES_MAX);
        require_line("3.5", "the last timer_tick()", expected);
        return false;
    }
    if (ticks > 0) {
        const char *text;
        console_give(&text);
        require(!ended, "3.5", "PID %d was ended after %u time slices, expected %u", tried->pid,
                ticks, SLICES_MAX);
        require(*text == 0, "3.5", "at a tick that ends nobody it has printed \"%s\"", text);
        const uint64_t *is = (const uint64_t *)&tried->registers;
        const uint64_t *was = (const uint64_t *)&interrupted;
        for (unsigned i = 0; i < FRAME_WORDS; i++)
            require(is[i] == was[i], "3.5",
                    "the process goes on with %s %#lx, it was interrupted with %#lx",
                    frame_words[i], is[i], was[i]);
    }
    fill(&interrupted);
    interrupted.rip = (uint64_t)gone_on;
    interrupted.cs = SELECTOR_KERNEL_CODE;
    interrupted.rflags = RFLAGS_RESERVED | RFLAGS_DF;
    interrupted.rsp = tried->kernel_stack;
    interrupted.ss = SELECTOR_KERNEL_DATA;
    tried->state = PROCESS_RUNNING;
    ticks++;
    console_take();
    struct trap_frame frame = interrupted;
    came_by(VECTOR_TIMER);
    timer_tick(&frame);
    require(false, "3.5", "timer_tick() has returned: it must end with schedule()");
    return true;
}

/* ---- 3.6 ---- */

static const struct {
    unsigned vector;
    uint64_t error_code, rip;
} exceptions[] = {
    { VECTOR_DE, 0, 0x400123 }, { VECTOR_UD, 0, 0x400456 }, { VECTOR_GP, 9, 0x400789 },
    { VECTOR_PF, 4, 0x40ABCD }, { VECTOR_PF, 7, 0x40DEF0 },
};

static bool has(const char *text, const char *part)
{
    for (; *text; text++)
        if (memcmp(text, part, strlen(part)) == 0)
            return true;
    return false;
}

static void require_report(const char *text, const char *part)
{
    require(has(text, part), "3.6", "the line of %s has no \"%s\": it is \"%s\"",
            trap_mnemonic(exceptions[faults - 1].vector), part, text);
}

/* Nothing is mapped where the exceptions were. */
static void gone_on_in_ring_3(struct trap_frame *frame)
{
    require(false, "3.6",
            "after process_fault() PID %d goes on at rip %#lx: it must end with process_end()",
            tried->pid, frame->rip);
}

static bool try_fault(void)
{
    exceptions_register(gone_on_in_ring_3);
    if (faults > 0) {
        unsigned vector = exceptions[faults - 1].vector;
        const char *text = ended_with("3.6", "process_fault()");
        char start[40], rip[24], code[2][24];
        snprintf(start, sizeof start, "%s in PID %d:", trap_mnemonic(vector), tried->pid);
        snprintf(rip, sizeof rip, "rip %#lx", exceptions[faults - 1].rip);
        snprintf(code[0], sizeof code[0], "error code %lu", exceptions[faults - 1].error_code);
        snprintf(code[1], sizeof code[1], "error code 0x%lx", exceptions[faults - 1].error_code);
        require_report(text, start);
        require(!has(text + strlen(start), start), "3.6", "%s was reported twice: \"%s\"",
                trap_mnemonic(vector), text);
        require_report(text, trap_name(vector));
        require_report(text, rip);
        require_report(text, "CPL 3");
        if (!has(text, code[1]))
            require_report(text, code[0]);
    }
    if (faults == sizeof exceptions / sizeof *exceptions)
        return false;
    struct trap_frame frame;
    fill(&frame);
    frame.vector = exceptions[faults].vector;
    frame.error_code = exceptions[faults].error_code;
    frame.rip = exceptions[faults].rip;
    frame.cs = SELECTOR_USER_CODE;
    frame.ss = SELECTOR_USER_DATA;
    faults++;
    console_take();
    came_by((unsigned)frame.vector);
    process_fault(&frame);
    require(false, "3.6", "process_fault() has returned: it must end with process_end()");
    return true;
}

/* ---- all of them ---- */

static void note_ended(struct process *process)
{
    ended = process;
}

static bool try_entry(void)
{
    static bool entered;
    if (!entered) {
        entered = true;
        entry_check();
    }
    (void)ended_with("3.2", "jump_to_usermode()");
    try_calls();
    return false;
}

static void begin(void)
{
    other = process_find(create_process(TRIED_ENTRY));
    tried = process_find(create_process(TRIED_ENTRY));
    require(other && tried, "2.6", "no process can be made when the programs have ended");
    current = tried;
    entry_tables_check();
    range_checks();
}

static void end(void)
{
    write_cr3(kernel_page_table.raw);
    current = NULL;
    destroy_process(tried->pid);
    destroy_process(other->pid);
}

/* Each stage is gone on with when what it has called came to the scheduler. */
static struct process *next_try(void)
{
    static bool (*const stages[])(void) = { try_entry, try_exit, try_tick, try_fault };
    static unsigned stage;
    const unsigned count = sizeof stages / sizeof *stages;
    if (!tried)
        begin();
    current = tried;
    process_activate(tried);
    while (stage < count && !stages[stage]())
        stage++;
    if (stage == count)
        end();
    return NULL;
}

_Noreturn void call_checks(void)
{
    schedule_use(next_try, note_ended);
    schedule();
}
