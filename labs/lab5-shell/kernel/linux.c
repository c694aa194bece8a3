/*
 * linux.c - see linux.h.
 *
 * The floating-point registers are those of `owner` until another one runs: they are saved and
 * loaded where processes change, and the kernel itself uses none.
 */
#include <console.h>
#include <cpu.h>
#include <errno.h>
#include <gdt.h>
#include <linux.h>
#include <paging_bits.h>
#include <schedule.h>
#include <syscall.h>

_Static_assert(offsetof(struct process, kernel_stack) == PROCESS_KERNEL_STACK, "linux_entry.S");

#define RFLAGS_CLEARED 0x44700 /* at `syscall`: AC, NT, DF, IF, TF */

static struct task *owner;

static uint64_t rdmsr(uint32_t msr)
{
    uint32_t low, high;
    asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static void wrmsr(uint32_t msr, uint64_t value)
{
    asm volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

/* The base goes with each load of FS, so it comes last. */
static void resume(const struct process *process)
{
    wrmsr(MSR_FS_BASE, linux_of((const struct task *)process)->fs_base);
}

/* From linux_names.txt: the words are in the order of the numbers, but for NAMES_GAP. */
extern const char linux_names[];
#define NAMES_GAP     335 /* from here on Linux has no numbers up to … */
#define NAMES_GAP_END 424

static bool name_of(uint64_t number, char name[NAME_SIZE])
{
    const char *at = linux_names;
    size_t size = 0;
    if (number >= NAMES_GAP)
        number = number < NAMES_GAP_END ? UINT64_MAX : number - (NAMES_GAP_END - NAMES_GAP);
    for (; number > 0 && *at; number--)
        while (*at++ > ' ')
            ;
    while (*at > ' ')
        name[size++] = *at++;
    name[size] = 0;
    return size > 0;
}

/* What a program for Linux lacks here it says, also where the console is the programs'. */
static void report_unknown(struct trap_frame *frame)
{
    char name[NAME_SIZE];
    uint64_t number = frame->rax;
    bool was_quiet = console_quiet;
    syscall_trap(frame);
    if ((int64_t)frame->rax != -ENOSYS || !name_of(number, name))
        return;
    console_quiet = false;
    printf("PID %d: %s() is not here: system call %lu = -ENOSYS\n", current_process()->pid, name,
           number);
    console_quiet = was_quiet;
}

/* A program that steps may ask. RFLAGS.TF is clear here, but Bochs takes the step that is due
 * behind `syscall`, where nothing has been saved: the next one comes in ring 3. */
static void debug(struct trap_frame *frame)
{
    if (frame->rip != (uint64_t)linux_entry)
        exception(frame);
}

void linux_init(void)
{
    uint64_t cr0;
    asm volatile("mov %%cr0, %0" : "=r"(cr0));
    asm volatile("mov %0, %%cr0" : : "r"((cr0 & ~(uint64_t)CR0_EM) | CR0_MP));
    write_cr4(read_cr4() | CR4_OSFXSR | CR4_OSXMMEXC);
    wrmsr(MSR_STAR, (uint64_t)SELECTOR_KERNEL_CODE << 32); /* SS is the next one */
    wrmsr(MSR_LSTAR, (uint64_t)linux_entry);
    wrmsr(MSR_FMASK, RFLAGS_CLEARED);
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE);
    process_resumes = resume;
    trap_register(SYSCALL_VECTOR, report_unknown);
    trap_register(VECTOR_DB, debug);
    linux_calls_init();
}

void linux_start(struct task *task)
{
    *linux_of(task) = (struct linux_user){ .fpu = { .control = 0x37F, .mxcsr = 0x1F80 },
                                           .mapped_end = MMAP_BASE };
    if (task != current_task())
        return;
    asm volatile("fxrstor %0" : : "m"(linux_of(task)->fpu));
    wrmsr(MSR_FS_BASE, 0);
}

void linux_inherit(struct task *child)
{
    *linux_of(child) = *linux_of(current_task());
    asm volatile("fxsave %0" : "=m"(linux_of(child)->fpu));
}

void linux_switch(struct process *process)
{
    struct task *task = task_of(process);
    if (!task || task == owner)
        return;
    if (owner)
        asm volatile("fxsave %0" : "=m"(linux_of(owner)->fpu));
    asm volatile("fxrstor %0" : : "m"(linux_of(task)->fpu));
    owner = task;
}

void linux_ended(const struct task *task)
{
    if (task == owner)
        owner = NULL;
}
