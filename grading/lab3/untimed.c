/*
 * untimed.c - the lab's own kernel, without its timer: one program after the other,
 * each to its end. What is not about taking turns is tested so.
 */
#include <call_checks.h>
#include <process.h>
#include <schedule.h>
#include <timer.h>
#include <user_memory.h>

/* Here only programs call the exercises. */
_Noreturn void call_checks(void)
{
    schedule();
}

/* "The first process of the table" must not be the current one by chance: there is one
 * before it, without a PID, that never runs. */
static void enter_bystander(void)
{
    struct process *process = process_new();
    process->pid = 0;
    process_enter(process);
}

#define timer_init()       ((void)0)
#define user_memory_init() (user_memory_init(), enter_bystander())
#include "../../labs/lab3-ring3/checks/program_checks.c"
#include "../../labs/lab3-ring3/main.c"
