/*
 * doors.c - what stands behind the checks: ring 3 gets system calls that check nothing, and
 * may use the gates of NMI and #MC. tests/test_ring3.py reads what comes of it.
 */
#include <doors.h>
#include <errno.h>
#include <idt.h>
#include <lab3.h>
#include <machine.h>
#include <program.h>
#include <syscall.h>

static char bytes[PAGE_SIZE];

_Noreturn void all_processes_ended(void)
{
    machine_off(MACHINE_DONE);
}

static int64_t stray(struct trap_frame *frame)
{
    return *(const volatile char *)frame->rdi;
}

static int64_t copy_in(struct trap_frame *frame)
{
    return copy_from_user(bytes, frame->rdi, frame->rsi);
}

static int64_t copy_back(struct trap_frame *frame)
{
    return (int64_t)user_memory_copy((void *)frame->rdi, bytes, frame->rsi);
}

/* Neither emulator sends one while ring 3 runs, but `int n` takes the same way in. */
static void open_gate(unsigned vector)
{
    struct gate gate = idt_get(vector);
    gate.type |= GATE_DPL(3);
    idt_set(vector, gate);
}

_Noreturn void kmain(void)
{
    lab3_start();
    exceptions_init();
    syscall_init();
    open_gate(VECTOR_NMI);
    open_gate(VECTOR_MC);
    syscall_register(CALL_STRAY, stray);
    syscall_register(CALL_COPY_IN, copy_in);
    syscall_register(CALL_COPY_BACK, copy_back);
    for (const struct program *program = programs_start; program < programs_end; program++)
        (void)process_load(program->image, program->size);
    schedule();
}
