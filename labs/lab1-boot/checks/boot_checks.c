/*
 * boot_checks.c - see boot_checks.h. What it stops at, a student has done.
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

void show_segments(void)
{
    static const struct {
        uint16_t selector;
        const char *name;
    } segments[] = {
        { SELECTOR_KERNEL_CODE, "kernel code" },
        { SELECTOR_KERNEL_DATA, "kernel data" },
        { SELECTOR_USER_CODE, "user code" },
        { SELECTOR_USER_DATA, "user data" },
    };
    for (unsigned i = 0; i < sizeof segments / sizeof *segments; i++) {
        char text[DESCRIBE_SIZE];
        describe_segment(text, gdt_get(segments[i].selector));
        printf("    0x%02x %s: %s\n", segments[i].selector, segments[i].name, text);
    }
}

void show_tss(void)
{
    char text[DESCRIBE_SIZE];
    describe_system(text, gdt_get(SELECTOR_TSS), gdt_get(SELECTOR_TSS + 8));
    printf("    TR %#x: %s\n", str(), text);
}

void show_gate(unsigned vector)
{
    char text[DESCRIBE_SIZE];
    struct gate gate = idt_get(vector);
    describe_gate(text, &gate);
    printf("    IDT entry %u, %s: %s\n", vector, trap_mnemonic(vector), text);
}

static struct trap_frame breakpoint_frame;

static void breakpoint(struct trap_frame *frame)
{
    breakpoint_frame = *frame;
    printf("    %s %s\n", trap_mnemonic(VECTOR_BP), trap_name(VECTOR_BP));
    trap_frame_print(frame);
}

void try_breakpoint(void)
{
    trap_register(VECTOR_BP, breakpoint);
    unsigned changed = probe_breakpoint();
    const struct trap_frame *frame = &breakpoint_frame;
    require(frame->cs == SELECTOR_KERNEL_CODE && frame->ss == SELECTOR_KERNEL_DATA, "1.5",
            "the frame holds CS %#lx and SS %#lx, expected %#x and %#x", frame->cs, frame->ss,
            SELECTOR_KERNEL_CODE, SELECTOR_KERNEL_DATA);
    require(frame->rax == 0x51 && frame->rbx == 0x52 && frame->r15 == 0x5F, "1.5",
            "the frame holds rax %#lx, rbx %#lx, r15 %#lx, expected 0x51, 0x52, 0x5f", frame->rax,
            frame->rbx, frame->r15);
    require(changed == 0, "1.5", "%u registers have another value after int3", changed);
    printf("    int3 has returned, all registers intact\n");
}

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
