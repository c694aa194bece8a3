/*
 * main.c - the kernel of lab 3: programs in ring 3 that take turns.
 */
#include <boot.h>
#include <console.h>
#include <describe.h>
#include <errno.h>
#include <exercise.h>
#include <frame.h>
#include <idt.h>
#include <irq.h>
#include <machine.h>
#include <page_fault.h>
#include <panic.h>
#include <program.h>
#include <program_checks.h>
#include <schedule.h>
#include <syscall.h>
#include <tables.h>
#include <timer.h>
#include <user_memory.h>

static uint64_t frames_before;

static void show_syscall_gate(void)
{
    char text[DESCRIBE_SIZE];
    struct gate gate = idt_get(SYSCALL_VECTOR);
    require_gate("3.1", &gate, trap_stubs[SYSCALL_VECTOR], 3, "IDT entry %#x", SYSCALL_VECTOR);
    describe_gate(text, &gate);
    printf("    IDT entry %#x: %s\n", SYSCALL_VECTOR, text);
}

static void load_programs(void)
{
    for (const struct program *program = programs_start; program < programs_end; program++) {
        pid_t pid = process_load(program->image, program->size);
        if (pid == -ENOEXEC || pid == -ENOMEM) /* the file's own fault: the others go on */
            printf("    %s is refused: %s\n", program->name, error_name(pid));
        else if (pid < 0)
            panic("cannot load the program %s: %s", program->name, error_name(pid));
        else
            printf("    %s, an ELF file of %zu bytes, is PID %d\n", program->name, program->size,
                   pid);
    }
    if (!process_first())
        panic("no program could be loaded");
    process_table_print();
}

_Noreturn void all_processes_ended(void)
{
    uint64_t frames = frame_free_count();
    if (frames != frames_before)
        panic("%lu frames are free, before the first process there were %lu", frames,
              frames_before);
    require_programs();
    printf("No process is left, all %lu frames are free again. Shutting down.\n", frames);
    machine_off(MACHINE_DONE);
}

_Noreturn void kmain(void)
{
    printf("Ringstep lab 3: ring 3 and system calls\n");
    tables_init();
    page_fault_init();
    exceptions_init();
    user_memory_init();
    frames_before = frame_free_count();

    exercise("3.1", "syscall_init, process_activate");
    syscall_init();
    show_syscall_gate();
    load_programs();
    program_checks_init();
    irq_init();
    timer_init();
    schedule();
}
