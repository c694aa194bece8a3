/*
 * overflow.c - a stack overflow with the boot's own handler of #DF, and with
 * two other vectors on stacks of their own.
 */
#include <boot.h>
#include <cpu.h>
#include <idt.h>
#include <observe.h>
#include <probe.h>
#include <tables.h>
#include <trap.h>

static char stacks[2][8192] __attribute__((aligned(16)));

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

    struct gate gate = idt_get(43);
    gate.type |= GATE_DPL(3);
    idt_set(43, gate);
    trap_use_stack(43, 5, (uint64_t)stacks[1]);
    trap_use_stack(40, 6, (uint64_t)stacks[1]);
    trap_use_stack(41, 7, (uint64_t)stacks[1] + sizeof stacks[1]);
    trap_register(40, note_stack);
    trap_register(41, note_stack);
    trap_register(42, note_stack);
    observe("stack 40", (uint64_t)stacks[1]);
    observe("stack 41", (uint64_t)stacks[1] + sizeof stacks[1]);
    asm volatile("int $40; int $41; int $42" : : : "memory");

    observe("guard", (uint64_t)boot_stack_guard);
    trap_register(VECTOR_DF, double_fault);
    probe_stack_overflow();
}
