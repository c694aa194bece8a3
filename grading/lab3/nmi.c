/*
 * nmi.c - a non-maskable interrupt while ring 3 runs. Not an exercise's test: tests/test_facts.py
 * reads what comes of it.
 *
 * The program has the local APIC's registers among its pages, and asks it for an NMI. (SDM
 * volume 3A, 11.6.1 "Interrupt Command Register (ICR)")
 */
#include <lab3.h>

#define LOCAL_APIC   0xFEE00000
#define APIC_ADDRESS 0x00500000

/* mov dword ptr [APIC_ADDRESS + 0x300], 0x4400; jmp . */
static const uint8_t program[] = { 0xC7, 0x04, 0x25, 0x00, 0x03, 0x50, 0x00,
                                   0x00, 0x44, 0x00, 0x00, 0xEB, 0xFE };

_Noreturn void all_processes_ended(void)
{
    observed_all();
}

_Noreturn void kmain(void)
{
    lab3_start();
    exceptions_init();
    const struct process *process = lab3_process(program, sizeof program);
    (void)page_map(process->page_table, APIC_ADDRESS, (phys_t){ LOCAL_APIC },
                   PTE_W | PTE_U | PTE_NX);
    schedule();
}
