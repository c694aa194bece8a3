/*
 * overflow.c - a stack overflow with the boot's own handler of #DF, and with
 * others on the stacks that they were given.
 */
#include <boot.h>
#include <cpu.h>
#include <idt.h>
#include <observe.h>
#include <probe.h>
#include <tables.h>
#include <trap.h>

static char stacks[3][8192] __attribute__((aligned(16)));

/* In this order: the first one gets another stack in the end. */
static const struct {
    unsigned vector, ist, dpl, stack;
} given[] = {
    { 44, 7, 0, 0 }, { 43, 5, 3, 0 }, { 40, 6, 0, 1 }, { 41, 7, 0, 2 }, { 44, 5, 0, 0 },
};
#define GIVEN   (sizeof given / sizeof *given)
#define WITHOUT 42

static void note_stack(struct trap_frame *frame)
{
    observe("vector", frame->vector);
    observe("rsp", (uint64_t)frame);
}

static void double_fault(struct trap_frame *frame)
{
    note_stack(frame);
    observe("cr2", read_cr2());
    observed_all();
}

_Noreturn void kmain(void)
{
    tables_init();

    for (unsigned i = 0; i < GIVEN; i++) {
        uint64_t top = (uint64_t)stacks[given[i].stack] + sizeof *stacks;
        struct gate gate = idt_get(given[i].vector);
        gate.type |= GATE_DPL(given[i].dpl);
        idt_set(given[i].vector, gate);
        trap_use_stack(given[i].vector, given[i].ist, top);
        trap_register(given[i].vector, note_stack);
        if (i == 0)
            continue;
        observe("given vector", given[i].vector);
        observe("given ist", given[i].ist);
        observe("given dpl", given[i].dpl);
        observe("given top", top);
        observe("given size", sizeof *stacks);
    }
    trap_register(WITHOUT, note_stack);
    observe("vector without a stack", WITHOUT);
    asm volatile("int $40; int $41; int $42; int $43; int $44" : : : "memory");

    observe("guard", (uint64_t)boot_stack_guard);
    trap_register(VECTOR_DF, double_fault);
    probe_stack_overflow();
}
