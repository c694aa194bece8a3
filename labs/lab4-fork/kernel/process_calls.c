/*
 * process_calls.c - the system calls of lab 4, and what is kept of a process that ends.
 */
#include <clock.h>
#include <console.h>
#include <copy_on_write.h>
#include <cpu.h>
#include <errno.h>
#include <exercise.h>
#include <frame.h>
#include <process_calls.h>
#include <schedule.h>
#include <syscall.h>
#include <timer.h>
#include <trap.h>
#include <user_copy.h>
#include <user_memory.h>
#include <wait.h>
#include <wait_checks.h>

#define NANOSECONDS 1000000000L
#define FOREVER     UINT64_MAX

static int64_t call_sched_yield(struct trap_frame *frame)
{
    (void)frame;
    struct task *task = current_task();
    task_ready(task);
    checked_wait_switch(&task->process.registers);
    return 0;
}

/* The tick after which so much time has passed, whatever is left of the present one. */
static uint64_t tick_after(const struct timespec *time)
{
    if ((uint64_t)time->tv_sec > FOREVER / TIMER_HZ / 2)
        return FOREVER;
    long tick = NANOSECONDS / TIMER_HZ;
    uint64_t ticks = (uint64_t)time->tv_sec * TIMER_HZ
        + (uint64_t)((time->tv_nsec + tick - 1) / tick);
    return clock_ticks() + ticks + (ticks != 0);
}

static int64_t call_nanosleep(struct trap_frame *frame)
{
    struct timespec time;
    phys_t root = current_process()->page_table;
    if (user_range_check(root, frame->rdi, sizeof time) != 0)
        return -EFAULT;
    if (copy_from_user(&time, frame->rdi, sizeof time) != 0)
        return -EFAULT;
    if (time.tv_sec < 0 || time.tv_nsec < 0 || time.tv_nsec >= NANOSECONDS)
        return -EINVAL;
    clock_wait(tick_after(&time));
    return 0;
}

static int64_t call_fork(struct trap_frame *frame)
{
    uint64_t before = frame_free_count();
    int64_t pid = sys_fork(frame);
    if (pid > 0) {
        check_child((pid_t)pid, frame);
        printf("PID %d forks: PID %ld, which takes %lu frames\n", current_process()->pid, pid,
               before - frame_free_count());
    }
    return pid;
}

static int64_t call_wait4(struct trap_frame *frame)
{
    return sys_wait4((int)frame->rdi, frame->rsi, (int)frame->rdx, frame->r10);
}

static int64_t call_exit(struct trap_frame *frame)
{
    current_task()->status = STATUS_EXITED((int)frame->rdi);
    sys_exit((int)frame->rdi);
    return 0;
}

/* The signal that Linux would have sent (signal(7)). */
static int signal_of(uint64_t vector)
{
    switch (vector) {
    case VECTOR_DE:
        return SIGFPE;
    case VECTOR_DB:
    case VECTOR_BP:
        return SIGTRAP;
    case VECTOR_UD:
        return SIGILL;
    case VECTOR_AC:
        return SIGBUS;
    default:
        return SIGSEGV;
    }
}

/* A write to a page that is there and may not be written: it may only be shared. */
static bool is_resolved(const struct trap_frame *frame)
{
    uint64_t wanted = PAGE_FAULT_PRESENT | PAGE_FAULT_WRITE, address = read_cr2();
    if (frame->vector != VECTOR_PF || (frame->error_code & ~PAGE_FAULT_USER) != wanted
        || address >= USER_HALF_END || !current_task() || fork_page == page_copy)
        return false;
    int error = cow_fault(current_process()->page_table, address);
    if (error == 0 && !current_task()->has_copied) {
        current_task()->has_copied = true;
        printf("#PF in PID %d: write to %#lx, a page that is shared: resolved\n",
               current_process()->pid, address);
    }
    if (error == -ENOMEM)
        printf("PID %d: no frame is left for its copy of a page\n", current_process()->pid);
    return error == 0;
}

static void task_exception(struct trap_frame *frame)
{
    if (is_resolved(frame))
        return;
    if (trap_from_user(frame))
        current_task()->status = signal_of(frame->vector);
    exception(frame);
}

void process_calls_init(void)
{
    static const struct {
        unsigned number;
        syscall_handler_t handler;
    } calls[] = {
        { SYS_SCHED_YIELD, call_sched_yield },
        { SYS_NANOSLEEP, call_nanosleep },
        { SYS_FORK, call_fork },
        { SYS_WAIT4, call_wait4 },
        { SYS_EXIT, call_exit },
    };
    for (unsigned i = 0; i < sizeof calls / sizeof *calls; i++)
        syscall_register(calls[i].number, calls[i].handler);
    exceptions_register(task_exception);
}
