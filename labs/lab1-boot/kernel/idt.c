/*
 * idt.c - all 256 gates lead to the stubs in trap_stubs.S.
 */
#include <cpu.h>
#include <describe.h>
#include <exercise.h>
#include <gdt.h>
#include <idt.h>
#include <trap.h>

static struct gate idt[IDT_ENTRIES] __attribute__((aligned(16)));

void idt_set(unsigned vector, struct gate gate)
{
    idt[vector] = gate;
}

struct gate idt_get(unsigned vector)
{
    return idt[vector];
}

/* There are 256 of them: they are put into words only where one is wrong. */
void require_gate(const char *id, const struct gate *gate, uint64_t handler, unsigned dpl,
                  const char *what, ...)
{
    if (gate_offset(gate) == handler && gate->selector == SELECTOR_KERNEL_CODE && gate->ist == 0
        && gate->type == (GATE_P | GATE_DPL(dpl) | GATE_INTERRUPT))
        return;
    char is[DESCRIBE_SIZE], expected[DESCRIBE_SIZE];
    describe_gate(is, gate);
    snprintf(expected, sizeof expected, "interrupt gate to 0x%04x:0x%016lx, present, DPL %u, IST 0",
             SELECTOR_KERNEL_CODE, handler, dpl);
    va_list arguments;
    va_start(arguments, what);
    vrequire_text(id, is, expected, what, arguments);
    va_end(arguments);
}

/* Take a gate from interrupt_gate() and see that it is what was asked for. */
static struct gate checked_gate(unsigned vector, unsigned dpl)
{
    struct gate gate = interrupt_gate(trap_stubs[vector], dpl);
    require_gate("1.4", &gate, trap_stubs[vector], dpl, "interrupt_gate(%#lx, %u)",
                 trap_stubs[vector], dpl);
    return gate;
}

void idt_init(void)
{
    (void)checked_gate(3, 3); /* lab 3 needs one with DPL 3 */
    for (unsigned vector = 0; vector < IDT_ENTRIES; vector++)
        idt_set(vector, checked_gate(vector, 0));
    struct table_register idtr = { sizeof idt - 1, (uint64_t)idt };
    lidt(&idtr);
}
