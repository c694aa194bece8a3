/*
 * idt.c - all 256 gates lead to the stubs in trap_stubs.S.
 */
#include <cpu.h>
#include <describe.h>
#include <exercise.h>
#include <gdt.h>
#include <idt.h>
#include <string.h>
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

static void require_gate(unsigned vector, unsigned dpl)
{
    char is[DESCRIBE_SIZE], expected[DESCRIBE_SIZE];
    describe_gate(is, &idt[vector]);
    snprintf(expected, sizeof expected, "interrupt gate to %#06x:%#018lx, present, DPL %u, IST 0",
             SELECTOR_KERNEL_CODE, trap_stubs[vector], dpl);
    require(strcmp(is, expected) == 0, "1.4", "IDT entry %u is \"%s\", expected \"%s\"",
            vector, is, expected);
}

void idt_init(void)
{
    /* One gate with DPL 3 is tried first: lab 3 needs such a one. */
    idt_set(3, interrupt_gate(trap_stubs[3], 3));
    require_gate(3, 3);

    for (unsigned vector = 0; vector < IDT_ENTRIES; vector++) {
        idt_set(vector, interrupt_gate(trap_stubs[vector], 0));
        require_gate(vector, 0);
    }
    struct table_register idtr = { sizeof idt - 1, (uint64_t)idt };
    lidt(&idtr);
}
