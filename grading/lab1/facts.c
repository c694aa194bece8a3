/*
 * facts.c - what the handouts say of the processor, tried. Not an exercise's test:
 * tests/test_facts.py reads it. Each line: what was done, and what came of it.
 */
#include <console.h>
#include <cpu.h>
#include <gdt.h>
#include <idt.h>
#include <observe.h>
#include <tables.h>
#include <trap.h>
#include <tss.h>

#define VECTOR_SS     12
#define UNUSED_VECTOR 60
#define NOT_CANONICAL 0x0000800000000000
#define NOT_MAPPED    0x0000000000400000

static char other_stack[4096] __attribute__((aligned(16)));

/* Where to go on after a trap: past the instruction that was tried, with its stack. */
static volatile uint64_t go_on __attribute__((used)), stack __attribute__((used));
static volatile uint64_t vector, error_code;

static void note(struct trap_frame *frame)
{
    vector = frame->vector;
    error_code = frame->error_code;
    frame->rip = go_on;
    frame->rsp = stack;
}

static void told(const char *what)
{
    observe(what, vector);
    observe("error code", error_code);
    printf("    %s: %s, error code %#lx\n", what, trap_mnemonic((unsigned)vector), error_code);
}

/* RAX is `value`, which the instruction uses. */
#define TRY(what, instruction, value)                                    \
    do {                                                                 \
        vector = error_code = 0xFFFF;                                    \
        uint64_t rax = (value);                                          \
        asm volatile("lea 1f(%%rip), %%rcx; mov %%rcx, go_on(%%rip)\n"   \
                     "push %%rbp; mov %%rsp, stack(%%rip)\n" instruction \
                     "\n1: mov stack(%%rip), %%rsp; pop %%rbp"           \
                     : "+a"(rax)                                         \
                     :                                                   \
                     : "rcx", "rdx", "memory", "cc");                    \
        told(what);                                                      \
    } while (0)

/* Deliver vector 0 (#DE), 3 (#BP), 13 (#GP) or 14 (#PF) while its gate is spoilt. */
static void try_pair(const char *what, unsigned first, struct gate spoilt)
{
    struct gate good = idt_get(first);
    idt_set(first, spoilt);
    switch (first) {
    case VECTOR_BP:
        TRY(what, "int3", 0);
        break;
    case VECTOR_PF:
        TRY(what, "mov (%%rax), %%rax", NOT_MAPPED);
        break;
    case VECTOR_GP:
        TRY(what, "mov (%%rax), %%rax", NOT_CANONICAL);
        break;
    default:
        TRY(what, "xor %%edx, %%edx; xor %%ecx, %%ecx; div %%ecx", 1);
    }
    idt_set(first, good);
}

static void try_pairs(void)
{
    struct gate absent = interrupt_gate(trap_stubs[0], 0);
    absent.type &= (uint8_t)~GATE_P;
    try_pair("#NP on the way to #BP", VECTOR_BP, absent);
    try_pair("#NP on the way to #DE", 0, absent);
    try_pair("#NP on the way to #PF", VECTOR_PF, absent);

    struct gate no_stack = idt_get(VECTOR_GP);
    no_stack.ist = 7;
    tss_set_ist(7, NOT_MAPPED);
    try_pair("#PF on the way to #GP", VECTOR_GP, no_stack);
    tss_set_ist(7, NOT_CANONICAL + 0x1000);
    try_pair("#SS on the way to #GP", VECTOR_GP, no_stack);
    try_pair("#SS on the way to #BP", VECTOR_BP, no_stack);
}

/* TR names the TSS's first bytes only, up to IST 6. */
static void try_short_tss(void)
{
    uint64_t limit = 0xFFFF, busy = 2ULL << 40, whole = gdt_get(SELECTOR_TSS) & ~busy;
    struct gate gate = idt_get(VECTOR_BP);
    gate.ist = 7;
    gdt_set(SELECTOR_TSS, (whole & ~limit) | (offsetof(struct tss, ist[6]) - 1));
    ltr(SELECTOR_TSS);
    try_pair("an IST stack past the limit of the TSS", VECTOR_BP, gate);
    gdt_set(SELECTOR_TSS, whole);
    ltr(SELECTOR_TSS);
}

static void try_gates(void)
{
    struct gate gate = { 0 };
    idt_set(UNUSED_VECTOR, gate);
    TRY("int n, an unwritten gate", "int $60", 0);
    gate = interrupt_gate(trap_stubs[UNUSED_VECTOR], 0);
    gate.type &= (uint8_t)~GATE_P;
    idt_set(UNUSED_VECTOR, gate);
    TRY("int n, a gate without P", "int $60", 0);
}

_Noreturn void kmain(void)
{
    tables_init();
    for (unsigned i = 0; i < VECTOR_EXCEPTIONS; i++)
        trap_register(i, note);
    /* Without a stack of their own they could not be delivered when RSP is not canonical. */
    trap_use_stack(VECTOR_SS, 6, (uint64_t)other_stack + sizeof other_stack);
    trap_use_stack(VECTOR_GP, 6, (uint64_t)other_stack + sizeof other_stack);
    try_gates();
    TRY("not canonical, by RAX", "mov (%%rax), %%rax", NOT_CANONICAL);
    TRY("not canonical, by RBP", "mov %%rax, %%rbp; mov (%%rbp), %%rax", NOT_CANONICAL);
    TRY("not canonical, by RSP", "mov %%rax, %%rsp; mov (%%rsp), %%rax", NOT_CANONICAL);
    TRY("not canonical, to RIP", "jmp *%%rax", NOT_CANONICAL);
    TRY("a selector with TI", "mov %%eax, %%es", SELECTOR_KERNEL_DATA | 4);
    TRY("mov to CS", ".byte 0x8E, 0xC8", SELECTOR_KERNEL_CODE);
    TRY("ltr of a busy TSS", "ltr %%ax", SELECTOR_TSS);
    TRY("syscall, EFER.SCE clear", "syscall", 0);
    try_pairs();
    try_short_tss();
    observed_all();
}
