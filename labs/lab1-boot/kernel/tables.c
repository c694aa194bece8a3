/*
 * tables.c - see tables.h. Lab 1's own main.c does the same and shows each step.
 */
#include <gdt.h>
#include <idt.h>
#include <tables.h>
#include <trap.h>
#include <tss.h>

void tables_init(void)
{
    gdt_init();
    gdt_use();
    tss_init();
    idt_init();
    trap_stacks_init();
}
