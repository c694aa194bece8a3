/*
 * boot_checks.c - see boot_checks.h. Whatever it stops at is a student's doing.
 */
#include <boot_checks.h>
#include <console.h>
#include <describe.h>
#include <exercise.h>
#include <gdt.h>
#include <idt.h>
#include <machine.h>
#include <probe.h>
#include <trap.h>
#include <tss.h>

void show_gate(unsigned vector)
{
    char text[DESCRIBE_SIZE];
    struct gate gate = idt_get(vector);
    describe_gate(text, &gate);
    printf("    IDT entry %u, %s: %s\n", vector, trap_mnemonic(vector), text);
}

/* ---- 1.5 ---- */

#define REGISTERS    15 /* in a trap frame */
#define INNER_VECTOR 203
#define OUTER_VECTOR 204
#define BY_THE_PROBE 0x5F /* the value of r15, the first of the frame; rax has 0x51 */

static const char *const registers[REGISTERS] = {
    "r15", "r14", "r13", "r12", "r11", "r10", "r9",  "r8",
    "rbp", "rdi", "rsi", "rdx", "rcx", "rbx", "rax",
};

static struct trap_frame seen;
static uint64_t flags, stack;
static unsigned inner;

static void inner_trap(struct trap_frame *frame)
{
    (void)frame;
    inner++;
}

/* Another trap comes in between, and the return is from a copy of the frame, to which no
 * register points. */
static void breakpoint(struct trap_frame *frame)
{
    static struct trap_frame elsewhere;
    asm volatile("pushfq; pop %0; cld" : "=r"(flags)); /* whatever the entry did */
    stack = (uint64_t)__builtin_frame_address(0) + 16;
    seen = elsewhere = *frame;
    printf("    %s %s\n", trap_mnemonic(VECTOR_BP), trap_name(VECTOR_BP));
    trap_frame_print(frame);
    asm volatile("int %0" : : "i"(INNER_VECTOR) : "memory");
    require(inner == 1, "1.5",
            "a trap came while another one was handled, and trap_return() has returned to the "
            "place of the second one twice");
    inner++;
    probe_trap_return(&elsewhere);
}

/* The same, and the return is the usual one. */
static void outer_trap(struct trap_frame *frame)
{
    (void)frame;
    unsigned before = inner++;
    asm volatile("int %0" : : "i"(INNER_VECTOR) : "memory");
    require(inner == before + 2, "1.5",
            "a trap came while another one was handled, and the return from the first one went to "
            "the place of the second one");
    inner++;
}

static void require_frame(void)
{
    require(seen.cs == SELECTOR_KERNEL_CODE && seen.ss == SELECTOR_KERNEL_DATA, "1.5",
            "the frame holds CS %#lx and SS %#lx, expected %#x and %#x", seen.cs, seen.ss,
            SELECTOR_KERNEL_CODE, SELECTOR_KERNEL_DATA);
    const uint64_t *values = (const uint64_t *)&seen;
    for (unsigned i = 0; i < REGISTERS; i++)
        require(values[i] == BY_THE_PROBE - i, "1.5", "the frame's %s is %#lx, expected %#x",
                registers[i], values[i], BY_THE_PROBE - i);
    require(!(flags & RFLAGS_DF), "1.5", "trap_dispatch() was called with the direction flag set");
    require(!(flags & RFLAGS_IF), "1.5", "trap_dispatch() was called with interrupts on");
    require(stack % 16 == 0, "1.5",
            "trap_dispatch() was called with a stack that is not 16-byte aligned");
}

void try_breakpoint(void)
{
    trap_register(VECTOR_BP, breakpoint);
    trap_register(INNER_VECTOR, inner_trap);
    trap_register(OUTER_VECTOR, outer_trap);
    unsigned changed = probe_breakpoint();
    require_frame();
    for (unsigned i = 0; i < REGISTERS; i++)
        require(!(changed & 1 << i), "1.5",
                "after int3 %s has another value: it was not loaded from the frame", registers[i]);
    require(!(changed >> REGISTERS), "1.5", "after int3 %s is not as it was before",
            changed >> REGISTERS & 1 ? "rsp" : "the direction flag");
    asm volatile("int %0" : : "i"(OUTER_VECTOR) : "memory");
    printf("    int3 has returned, all registers intact\n");
}

/* ---- 1.6 ---- */

static _Noreturn void double_fault(struct trap_frame *frame)
{
    uint64_t here = (uint64_t)__builtin_frame_address(0);
    printf("    %s %s, handled on the stack of IST 1, rsp %#lx\n", trap_mnemonic(VECTOR_DF),
           trap_name(VECTOR_DF), here);
    require(tss_ist(1) - here < IST_STACK_SIZE, "1.6",
            "the double fault came in at rsp %#lx, expected just below %#lx", here, tss_ist(1));
    require(read_cr2() - (uint64_t)boot_stack_guard < PAGE_SIZE, "1.6",
            "CR2 is %#lx, expected an address in the guard page %#lx", read_cr2(),
            (uint64_t)boot_stack_guard);
    printf("    rsp was %#lx, CR2 %#lx is in the guard page below the boot stack\n", frame->rsp,
           read_cr2());
    printf("Lab 1 is complete. Go on in labs/lab2-process.\n");
    machine_off(MACHINE_DONE);
}

_Noreturn void try_stack_overflow(void)
{
    trap_register(VECTOR_DF, double_fault);
    printf("    overflowing the boot stack on purpose\n");
    probe_stack_overflow();
}
