/*
 * vectors.c - each exception vector, delivered to trap_entry and back.
 *
 * Some exceptions cannot be had in ring 0 at will, so the frame is built by hand
 * as the processor would push it, with an error code where there is one, and the
 * stub is entered whose address the IDT holds. One real exception follows.
 */
#include <boot.h>
#include <gdt.h>
#include <idt.h>
#include <observe.h>
#include <string.h>
#include <trap.h>
#include <tss.h>

#define ERROR_CODE 0x5A58

/* What raise() loads into the registers before, and finds in them after, the trap. */
static uint64_t before[15], after[15];
static volatile uint64_t stack_before __attribute__((used)), stack_after __attribute__((used));
static struct trap_frame seen;
static uint64_t seen_direction, seen_alignment;

/*
 * Load the 15 registers from before[], have the stub at `stub` called with a
 * frame as the processor pushes it, and store the registers in after[].
 */
void raise(uint64_t stub, uint64_t has_error_code);
asm (
    ".intel_syntax noprefix\n"
    "raise:\n"
    "   push rbx; push rbp; push r12; push r13; push r14; push r15\n"
    "   mov [rip + saved_rsp], rsp\n"
    "   and rsp, -16\n"
    "   mov rax, rsp\n"
    "   mov [rip + stack_before], rsp\n"
    "   mov ecx, ss; push rcx\n"
    "   push rax\n"
    "   pushfq\n"
    "   mov ecx, cs; push rcx\n"
    "   lea rcx, [rip + raised]; push rcx\n"
    "   test rsi, rsi; jz 1f\n"
    "   push 0x5A58\n"
    "1: mov [rip + target], rdi\n"
    "   std\n"                                  /* the entry must clear DF itself */
    "   mov r15, [rip + before + 0]; mov r14, [rip + before + 8]\n"
    "   mov r13, [rip + before + 16]; mov r12, [rip + before + 24]\n"
    "   mov r11, [rip + before + 32]; mov r10, [rip + before + 40]\n"
    "   mov r9, [rip + before + 48]; mov r8, [rip + before + 56]\n"
    "   mov rbp, [rip + before + 64]; mov rdi, [rip + before + 72]\n"
    "   mov rsi, [rip + before + 80]; mov rdx, [rip + before + 88]\n"
    "   mov rcx, [rip + before + 96]; mov rbx, [rip + before + 104]\n"
    "   mov rax, [rip + before + 112]\n"
    "   jmp [rip + target]\n"
    "raised:\n"
    "   mov [rip + stack_after], rsp\n"
    "   mov [rip + after + 0], r15; mov [rip + after + 8], r14\n"
    "   mov [rip + after + 16], r13; mov [rip + after + 24], r12\n"
    "   mov [rip + after + 32], r11; mov [rip + after + 40], r10\n"
    "   mov [rip + after + 48], r9; mov [rip + after + 56], r8\n"
    "   mov [rip + after + 64], rbp; mov [rip + after + 72], rdi\n"
    "   mov [rip + after + 80], rsi; mov [rip + after + 88], rdx\n"
    "   mov [rip + after + 96], rcx; mov [rip + after + 104], rbx\n"
    "   mov [rip + after + 112], rax\n"
    "   cld\n"
    "   mov rsp, [rip + saved_rsp]\n"
    "   pop r15; pop r14; pop r13; pop r12; pop rbp; pop rbx\n"
    "   ret\n"
    "   .local saved_rsp, target\n"
    "   .comm saved_rsp, 8\n"
    "   .comm target, 8\n"
    "   .att_syntax\n");

extern char raised[];

static void handler(struct trap_frame *frame)
{
    uint64_t flags;
    asm volatile ("pushfq; pop %0" : "=r"(flags));
    seen_direction = flags >> 10 & 1;
    seen_alignment = ((uint64_t)__builtin_frame_address(0) + 16) % 16;
    seen = *frame;
}

static bool has_error_code(unsigned vector)
{
    return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21;
}

/* Which of the 15 registers differs first, in the frame's order; 15: none. */
static unsigned first_difference(const uint64_t *left, const uint64_t *right)
{
    unsigned i = 0;
    while (i < 15 && left[i] == right[i])
        i++;
    return i;
}

static void try_vector(unsigned vector)
{
    for (unsigned i = 0; i < 15; i++) {
        before[i] = 0xC0DE000000000000 | vector << 8 | i;
        after[i] = 0;
    }
    memset(&seen, 0, sizeof seen);
    seen.vector = ~0ULL;
    trap_register(vector, handler);
    struct gate gate = idt_get(vector);
    raise(gate_offset(&gate), has_error_code(vector));

    observe("vector", vector);
    observe("frame vector", seen.vector);
    observe("frame error code", seen.error_code);
    observe("expected error code", has_error_code(vector) ? ERROR_CODE : 0);
    observe("frame rip is right", seen.rip == (uint64_t)raised);
    observe("frame cs", seen.cs);
    observe("frame ss", seen.ss);
    observe("wrong in the frame", first_difference((const uint64_t *)&seen, before));
    observe("wrong after it", first_difference(after, before));
    observe("stack pointer moved by", stack_after - stack_before);
    observe("direction flag", seen_direction);
    observe("stack misalignment", seen_alignment);
}

/* What a handler puts into the frame is what the registers hold afterwards. */
static void change_all(struct trap_frame *frame)
{
    uint64_t *registers = (uint64_t *)frame;
    for (unsigned i = 0; i < 15; i++)
        registers[i] = before[i] = 0xFACE000000000000 | i;
}

/* A frame may lie anywhere: lab 3 goes on with a process from its record. */
static void return_from_elsewhere(struct trap_frame *frame)
{
    static struct trap_frame elsewhere;
    elsewhere = *frame;
    change_all(&elsewhere);
    before[0] = elsewhere.r15 = 0xE15E0000;
    trap_return(&elsewhere);
}

/* A real exception finds its way, too. */
static void skip_ud2(struct trap_frame *frame)
{
    frame->rip += 2;
    frame->rbx = 0x1234;
}

_Noreturn void kmain(void)
{
    gdt_init();
    gdt_use();
    tss_init();
    idt_init();
    struct gate gate = interrupt_gate(0xFEDCBA9876543210, 3);
    uint64_t words[2];
    memcpy(words, &gate, sizeof words);
    observe("gate low", words[0]);
    observe("gate high", words[1]);

    for (unsigned vector = 0; vector < VECTOR_EXCEPTIONS; vector++)
        try_vector(vector);
    try_vector(0x80);
    try_vector(255);

    trap_register(200, change_all);
    gate = idt_get(200);
    raise(gate_offset(&gate), 0);
    observe("not taken from the frame", first_difference(after, before));

    trap_register(201, return_from_elsewhere);
    gate = idt_get(201);
    raise(gate_offset(&gate), 0);
    observe("not taken from elsewhere", first_difference(after, before));

    uint64_t rbx = 0;
    trap_register(6, skip_ud2);
    asm volatile ("ud2" : "+b"(rbx));
    observe("rbx after ud2", rbx);
    observed_all();
}
