/*
 * entry.c - jump_to_usermode() with rubbish in every register. The program there
 * does nothing; the harness looks at the processor when it has arrived.
 */
#include <gdt.h>
#include <lab3.h>
#include <syscall_numbers.h>

/* A system call, for which no gate is open: a #GP, and the end. */
static const uint8_t program[] = { 0xCD, SYSCALL_VECTOR };

_Noreturn void all_processes_ended(void)
{
    observed_all();
}

static void ended(struct trap_frame *frame)
{
    observe("vector", frame->vector);
    observed_all();
}

_Noreturn void kmain(void)
{
    lab3_start();
    for (unsigned vector = 0; vector < VECTOR_EXCEPTIONS; vector++)
        trap_register(vector, ended);
    struct process *process = lab3_process(program, sizeof program);
    tss_set_rsp0(process->kernel_stack);
    write_cr3(process->page_table.raw);
    /* RFLAGS, too: CF, PF, AF, ZF, SF and OF, but not IF. */
    asm volatile(
        ".intel_syntax noprefix\n"
        "mov eax, %c[data]; mov fs, eax; mov gs, eax\n"
        "mov rax, 0xbad00; mov rbx, 0xbad01; mov rcx, 0xbad02; mov rdx, 0xbad03; mov rbp, 0xbad04\n"
        "mov r8, 0xbad08; mov r9, 0xbad09; mov r10, 0xbad0a; mov r11, 0xbad0b\n"
        "mov r12, 0xbad0c; mov r13, 0xbad0d; mov r14, 0xbad0e; mov r15, 0xbad0f\n"
        "push 0x8d7; popfq\n"
        "call jump_to_usermode\n"
        ".att_syntax\n"
        :
        : [data] "i"(SELECTOR_USER_DATA), "D"(process->registers.rip), "S"(process->registers.rsp)
        : "memory");
    observe("jump_to_usermode returned", 1);
    observed_all();
}
