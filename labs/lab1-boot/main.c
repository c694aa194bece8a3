/*
 * main.c - the kernel of lab 1: the tables that the processor itself reads.
 *
 * After each exercise the kernel shows what the hardware now holds, and stops
 * at a value that is wrong; checks/ has these shows and tries.
 */
#include <boot_checks.h>
#include <console.h>
#include <cpu.h>
#include <exercise.h>
#include <gdt.h>
#include <idt.h>
#include <trap.h>
#include <tss.h>

_Noreturn void kmain(void)
{
    printf("Ringstep lab 1: the tables that the processor itself reads\n");

    exercise("1.1", "segment_descriptor");
    gdt_init();
    show_segments();

    exercise("1.2", "gdt_load");
    uint16_t cs = read_cs(), ss = read_ss();
    gdt_use();
    printf("    CS %#x -> %#x, SS %#x -> %#x\n", cs, read_cs(), ss, read_ss());
    try_gdt_load();

    exercise("1.3", "tss_descriptor, tss_load");
    tss_init();
    show_tss();

    exercise("1.4", "interrupt_gate");
    idt_init();
    show_gate(VECTOR_BP);
    try_gates();

    exercise("1.5", "trap_entry, trap_return");
    try_breakpoint();

    exercise("1.6", "trap_use_stack");
    trap_stacks_init();
    show_gate(VECTOR_DF);
    try_trap_use_stack();
    try_stack_overflow();
}
