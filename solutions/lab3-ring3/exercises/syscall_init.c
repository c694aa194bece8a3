/*
 * Exercise 3.1: syscall_init, process_activate
 *
 * syscall_init
 * Out: syscall_trap() is the handler of SYSCALL_VECTOR, and the vector's gate
 *      is an interrupt gate to its stub (trap_stubs[]) that ring 3 may use
 *
 * process_activate
 * In:  process   the one that is to run next
 * Out: a trap from ring 3 will find this process's kernel stack (RSP0), and
 *      CR3 holds this process's page table
 *
 * All other gates have DPL 0: a program that tries `int 14` gets a #GP instead
 * of faking a page fault. SDM volume 3A, 6.12.1.2 ("Protection of Exception- and
 * Interrupt-Handler Procedures") and 6.14.4 ("Stack Switching in IA-32e Mode").
 * Check: make grade ONLY=3.1
 */
#include <cpu.h>
#include <exercise.h>
#include <idt.h>
#include <schedule.h>
#include <syscall.h>
#include <tss.h>

void syscall_init(void)
{
    /* SOLUTION */
    trap_register(SYSCALL_VECTOR, syscall_trap);
    idt_set(SYSCALL_VECTOR, interrupt_gate(trap_stubs[SYSCALL_VECTOR], 3));
    /* END SOLUTION */
}

void process_activate(const struct process *process)
{
    /* SOLUTION */
    tss_set_rsp0(process->kernel_stack);
    write_cr3(process->page_table.raw);
    /* END SOLUTION */
}
