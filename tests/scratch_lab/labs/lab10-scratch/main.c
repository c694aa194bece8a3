/*
 * main.c - the kernel of a lab that exists in tests only: one exercise, one program.
 */
#include <answer.h>
#include <console.h>
#include <exercise.h>
#include <frame.h>
#include <machine.h>
#include <page_fault.h>
#include <program.h>
#include <schedule.h>
#include <syscall.h>
#include <tables.h>

_Noreturn void all_processes_ended(void)
{
    printf("No process is left. Shutting down.\n");
    machine_off(MACHINE_DONE);
}

_Noreturn void kmain(void)
{
    printf("Ringstep lab 10: a scratch lab\n");
    tables_init();
    page_fault_init();
    exceptions_init();
    syscall_init();

    exercise("10.1", "answer");
    require(answer() == ANSWER, "10.1", "answer() gives %d, expected %d", answer(), ANSWER);
    answer_init();
    process_load(programs_start->image, programs_start->size);
    schedule();
}
