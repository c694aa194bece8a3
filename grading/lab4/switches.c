/*
 * switches.c - exercise 4.1: two processes leave the processor inside a system call, each
 * with values of its own in the registers and on the stack, and go on there.
 */
#include <lab4.h>

#define ROUNDS 3
#define WORDS  32

struct registers {
    uint64_t rbx, rbp, r12, r13, r14, r15, rsp, rflags;
};

/* wait_switch() with these six registers; what they are when it returns, with RSP and RFLAGS
 * before in `before`. */
void switch_with(struct trap_frame *record, const struct registers *give, struct registers *before,
                 struct registers *after);

asm(".intel_syntax noprefix\n"
    "switch_with:\n"
    "    push rbx; push rbp; push r12; push r13; push r14; push r15\n"
    "    push rcx\n" /* after */
    "    pushfq; pop rax; mov [rdx + 56], rax\n"
    "    mov [rdx + 48], rsp\n"
    "    mov rbx, [rsi]; mov rbp, [rsi + 8]\n"
    "    mov r12, [rsi + 16]; mov r13, [rsi + 24]; mov r14, [rsi + 32]; mov r15, [rsi + 40]\n"
    "    call wait_switch\n"
    "    mov rcx, rsp\n"
    "    pushfq; pop rax\n"
    "    mov rdx, [rcx]\n" /* after; rubbish faults, and the run ends there */
    "    mov [rdx], rbx; mov [rdx + 8], rbp; mov [rdx + 16], r12\n"
    "    mov [rdx + 24], r13; mov [rdx + 32], r14; mov [rdx + 40], r15\n"
    "    mov [rdx + 48], rcx; mov [rdx + 56], rax\n"
    "    pop rcx; pop r15; pop r14; pop r13; pop r12; pop rbp; pop rbx\n"
    "    ret\n"
    ".att_syntax\n");

/* A place where make bench stops, whatever the compiler would make of it. */
__attribute__((noinline)) static void observe_switch(const struct registers *give,
                                                     const struct registers *before,
                                                     const struct registers *after)
{
    const struct process *process = current_process();
    observe("goes on as", (uint64_t)process->pid);
    observe("rbx", after->rbx ^ give->rbx);
    observe("rbp", after->rbp ^ give->rbp);
    observe("r12", after->r12 ^ give->r12);
    observe("r13", after->r13 ^ give->r13);
    observe("r14", after->r14 ^ give->r14);
    observe("r15", after->r15 ^ give->r15);
    observe("rsp before", before->rsp);
    observe("rsp after", after->rsp);
    observe("rflags after", after->rflags);
    observe("CR3", read_cr3());
    observe("page table", process->page_table.raw);
    observe("RSP0", tss_rsp0());
    observe("kernel stack", process->kernel_stack);
    observe("CS", read_cs());
    observe("SS", read_ss());
}

static unsigned rounds[4]; /* by PID: calls that it has made */

static int64_t give_way(struct trap_frame *frame)
{
    struct process *process = current_process();
    uint64_t own = (uint64_t)process->pid << 56;
    unsigned round = ++rounds[process->pid];
    volatile uint64_t words[WORDS];
    for (unsigned i = 0; i < WORDS; i++)
        words[i] = own + round * WORDS + i;
    struct registers give = { own + 1, own + 2, own + 3, own + 4, own + 5, own + 6, 0, 0 };
    struct registers before = { 0 }, after = { 0 };
    observe("leaves as", (uint64_t)process->pid);
    switch_with(&process->registers, &give, &before, &after);
    observe_switch(&give, &before, &after);
    unsigned changed = 0;
    for (unsigned i = 0; i < WORDS; i++)
        changed += words[i] != own + round * WORDS + i;
    observe("words changed", changed);
    observe("frame on its own stack",
            (uint64_t)(frame + 1) == process->kernel_stack && trap_from_user(frame));
    if (round >= ROUNDS)
        lab4_end();
    return 0;
}

_Noreturn void all_processes_ended(void)
{
    observed_all();
}

_Noreturn void kmain(void)
{
    lab4_start();
    lab4_answer(give_way);
    (void)lab4_task();
    (void)lab4_task();
    schedule();
}
