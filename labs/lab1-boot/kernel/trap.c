/*
 * trap.c - which handler each vector has, and what is printed when it has none.
 */
#include <boot.h>
#include <console.h>
#include <cpu.h>
#include <cpu_protect.h>
#include <describe.h>
#include <exercise.h>
#include <gdt.h>
#include <idt.h>
#include <machine.h>
#include <panic.h>
#include <trap.h>
#include <tss.h>

#define IST_STACKS 4

static trap_handler_t handlers[IDT_ENTRIES] = { [0 ... IDT_ENTRIES - 1] = trap_unexpected };

/* The page below each stays unmapped, so that one that overflows cannot spoil the next. */
static struct {
    char guard[PAGE_SIZE];
    char stack[IST_STACK_SIZE];
} ist_stacks[IST_STACKS] __attribute__((aligned(PAGE_SIZE)));

static const struct {
    const char *mnemonic, *name;
} exceptions[VECTOR_EXCEPTIONS] = {
    [0] = { "#DE", "divide error" },
    [1] = { "#DB", "debug" },
    [2] = { "NMI", "non-maskable interrupt" },
    [3] = { "#BP", "breakpoint" },
    [4] = { "#OF", "overflow" },
    [5] = { "#BR", "bound range exceeded" },
    [6] = { "#UD", "invalid opcode" },
    [7] = { "#NM", "device not available" },
    [8] = { "#DF", "double fault" },
    [10] = { "#TS", "invalid TSS" },
    [11] = { "#NP", "segment not present" },
    [12] = { "#SS", "stack-segment fault" },
    [13] = { "#GP", "general protection" },
    [14] = { "#PF", "page fault" },
    [16] = { "#MF", "x87 floating-point error" },
    [17] = { "#AC", "alignment check" },
    [18] = { "#MC", "machine check" },
    [19] = { "#XM", "SIMD floating-point" },
    [20] = { "#VE", "virtualization" },
    [21] = { "#CP", "control protection" },
};

const char *trap_mnemonic(unsigned vector)
{
    if (vector < VECTOR_EXCEPTIONS)
        return exceptions[vector].mnemonic ? exceptions[vector].mnemonic : "reserved";
    return "interrupt";
}

const char *trap_name(unsigned vector)
{
    if (vector < VECTOR_EXCEPTIONS)
        return exceptions[vector].name ? exceptions[vector].name : "exception";
    return "without a handler";
}

void trap_register(unsigned vector, trap_handler_t handler)
{
    handlers[vector] = handler;
}

void trap_dispatch(struct trap_frame *frame)
{
    /* A trap leaves RFLAGS.AC alone, and a program may have set it with popf. */
    if (cpu_smap)
        clac();
    require(
        frame->vector < IDT_ENTRIES, "1.5",
        "the frame's vector is %#lx: are the registers pushed in the order of struct trap_frame?",
        frame->vector);
    handlers[frame->vector](frame);
}

void trap_frame_print(const struct trap_frame *frame)
{
    printf("    vector %lu, error code %#lx\n", frame->vector, frame->error_code);
    printf("    cs:rip 0x%04lx:0x%016lx  ss:rsp 0x%04lx:0x%016lx\n", frame->cs, frame->rip,
           frame->ss, frame->rsp);
    printf("    rflags %#lx  cr2 %#lx  cr3 %#lx\n", frame->rflags, read_cr2(), read_cr3());
    printf("    rax 0x%016lx  rbx 0x%016lx  rcx 0x%016lx\n", frame->rax, frame->rbx, frame->rcx);
    printf("    rdx 0x%016lx  rsi 0x%016lx  rdi 0x%016lx\n", frame->rdx, frame->rsi, frame->rdi);
    printf("    rbp 0x%016lx  r8  0x%016lx  r9  0x%016lx\n", frame->rbp, frame->r8, frame->r9);
    printf("    r10 0x%016lx  r11 0x%016lx  r12 0x%016lx\n", frame->r10, frame->r11, frame->r12);
    printf("    r13 0x%016lx  r14 0x%016lx  r15 0x%016lx\n", frame->r13, frame->r14, frame->r15);
}

_Noreturn void trap_unexpected(struct trap_frame *frame)
{
    static bool reporting;
    char why[DESCRIBE_SIZE] = "";
    if (reporting) /* the report itself has faulted: what is said is said */
        machine_off(MACHINE_PANIC);
    reporting = true;
    if (frame->vector == VECTOR_PF)
        describe_page_fault(why, frame->error_code);
    console_last_words();
    printf("PANIC: %s %s in %s at rip %#lx%s%s\n", trap_mnemonic((unsigned)frame->vector),
           trap_name((unsigned)frame->vector), trap_from_user(frame) ? "ring 3" : "the kernel",
           frame->rip, *why ? ": " : "", why);
    trap_frame_print(frame);
    backtrace(frame->rbp);
    machine_off(MACHINE_PANIC);
}

void trap_stacks_init(void)
{
    static const unsigned vectors[IST_STACKS] = { VECTOR_DF, VECTOR_NMI, VECTOR_MC, VECTOR_DB };
    for (unsigned i = 0; i < IST_STACKS; i++) {
        unsigned vector = vectors[i];
        uint64_t top = (uint64_t)ist_stacks[i].stack + IST_STACK_SIZE;
        paging_guard(ist_stacks[i].guard);
        trap_use_stack(vector, i + 1, top);
        require(idt_get(vector).ist == i + 1, "1.6", "the gate of %s names IST %u, expected %u",
                trap_mnemonic(vector), idt_get(vector).ist, i + 1);
        require(tss_ist(i + 1) == top, "1.6", "IST %u in the TSS is %#lx, expected %#lx", i + 1,
                tss_ist(i + 1), top);
    }
}
