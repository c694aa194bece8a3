/*
 * vectors.c - each exception vector, delivered to trap_entry and back.
 *
 * Some exceptions cannot be had in ring 0 at will, so the frame is built by hand
 * as the processor would push it, with an error code where there is one, and the
 * stub is entered whose address the IDT holds. One real exception follows.
 *
 * Before that, segment_descriptor(), gdt_load(), tss_descriptor() and
 * interrupt_gate() are called as the boot does not call them.
 */
#include <boot.h>
#include <gdt.h>
#include <idt.h>
#include <observe.h>
#include <string.h>
#include <trap.h>
#include <tss.h>

#define ERROR_CODE        0x5A58
#define STRING(number)    STRING_OF(number)
#define STRING_OF(number) #number
#define REGISTERS         15 /* in a trap frame */
#define RBX_AFTER_UD2     0x1234

/* What must be as before after gdt_load(): rbx, rbp, r12 to r15, rsp, DF. */
static volatile uint64_t kept_before[8] __attribute__((used)) = {
    0xC0DE0B0B00000001, 0xC0DE0B0B00000002, 0xC0DE0B0B00000003,
    0xC0DE0B0B00000004, 0xC0DE0B0B00000005, 0xC0DE0B0B00000006,
}, kept_after[8] __attribute__((used));

/* Call gdt_load() with kept_before[] in the registers; kept_after[] is what they hold then. */
void load_and_look(const struct table_register *gdtr);
asm(".intel_syntax noprefix\n"
    "load_and_look:\n"
    "   push rbx; push rbp; push r12; push r13; push r14; push r15\n"
    "   sub rsp, 8\n"
    "   mov [rip + kept_before + 48], rsp\n"
    "   mov rbx, [rip + kept_before + 0]; mov rbp, [rip + kept_before + 8]\n"
    "   mov r12, [rip + kept_before + 16]; mov r13, [rip + kept_before + 24]\n"
    "   mov r14, [rip + kept_before + 32]; mov r15, [rip + kept_before + 40]\n"
    "   cld\n"
    "   call gdt_load\n"
    "   mov [rip + kept_after + 48], rsp\n"
    "   mov rsp, [rip + kept_before + 48]\n"
    "   mov [rip + kept_after + 0], rbx; mov [rip + kept_after + 8], rbp\n"
    "   mov [rip + kept_after + 16], r12; mov [rip + kept_after + 24], r13\n"
    "   mov [rip + kept_after + 32], r14; mov [rip + kept_after + 40], r15\n"
    "   pushfq; pop rax; and eax, 0x400; mov [rip + kept_after + 56], rax\n"
    "   cld\n"
    "   add rsp, 8\n"
    "   pop r15; pop r14; pop r13; pop r12; pop rbp; pop rbx\n"
    "   ret\n"
    "   .att_syntax\n");

/* What raise() loads into the registers before, and finds in them after, the trap. */
static uint64_t before[REGISTERS], after[REGISTERS];
static volatile uint64_t stack_before __attribute__((used)), stack_after __attribute__((used)),
    flags_after __attribute__((used));
static struct trap_frame seen;
static uint64_t seen_direction, seen_interrupts, seen_alignment;

/*
 * Load the 15 registers from before[], have the stub at `stub` called with a
 * frame as the processor pushes it, and store the registers in after[].
 */
void raise(uint64_t stub, uint64_t has_error_code);
asm(".intel_syntax noprefix\n"
    "raise:\n"
    "   push rbx; push rbp; push r12; push r13; push r14; push r15\n"
    "   mov [rip + saved_rsp], rsp\n"
    "   and rsp, -16\n"
    "   mov rax, rsp\n"
    "   mov [rip + stack_before], rsp\n"
    "   mov ecx, ss; push rcx\n"
    "   push rax\n"
    "   std\n" /* the entry must clear DF itself, and leave it in the frame */
    "   pushfq\n"
    "   mov ecx, cs; push rcx\n"
    "   lea rcx, [rip + raised]; push rcx\n"
    "   test rsi, rsi; jz 1f\n"
    "   push " STRING(ERROR_CODE) "\n"
                                  "1: mov [rip + target], rdi\n"
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
                                  "   pushfq; pop rax; mov [rip + flags_after], rax\n"
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
    asm volatile("pushfq; pop %0; cld" : "=r"(flags)); /* whatever the entry did */
    seen_direction = flags >> 10 & 1;
    seen_interrupts = !!(flags & RFLAGS_IF);
    seen_alignment = ((uint64_t)__builtin_frame_address(0) + 16) % 16;
    seen = *frame;
}

static bool has_error_code(unsigned vector)
{
    return vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21;
}

/* Which of the registers differs first, in the frame's order; REGISTERS: none. */
static unsigned first_difference(const uint64_t *left, const uint64_t *right)
{
    unsigned i = 0;
    while (i < REGISTERS && left[i] == right[i])
        i++;
    return i;
}

static void try_vector(unsigned vector)
{
    for (unsigned i = 0; i < REGISTERS; i++) {
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
    observe("direction flag after it", flags_after >> 10 & 1);
    observe("direction flag", seen_direction);
    observe("interrupt flag", seen_interrupts);
    observe("stack misalignment", seen_alignment);
}

/* What a handler puts into the frame is what the registers hold afterwards. */
static void change_all(struct trap_frame *frame)
{
    uint64_t *registers = (uint64_t *)frame;
    for (unsigned i = 0; i < REGISTERS; i++)
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
    frame->rbx = RBX_AFTER_UD2;
}

/* Another trap comes while this one is handled; the registers are not the same any more. */
static void trap_within(struct trap_frame *frame)
{
    (void)frame;
    asm volatile("int $203" : : : "memory");
}

static void nothing(struct trap_frame *frame)
{
    (void)frame;
}

/* What an exercise does not write must not be zero by chance. */
static __attribute__((noinline)) void dirty_stack(void)
{
    volatile uint8_t below[2048];
    for (unsigned i = 0; i < sizeof below; i++)
        below[i] = 0xA5;
}

/* All there are, in another order than the boot's, and the same ones twice. */
static void try_segments(void)
{
    static const struct {
        enum segment_type type;
        unsigned dpl;
    } tries[] = {
        { DATA_SEGMENT, 3 }, { CODE_SEGMENT, 3 }, { DATA_SEGMENT, 0 }, { CODE_SEGMENT, 0 },
        { CODE_SEGMENT, 0 }, { CODE_SEGMENT, 3 }, { DATA_SEGMENT, 3 }, { DATA_SEGMENT, 0 },
    };
    for (unsigned i = 0; i < sizeof tries / sizeof *tries; i++) {
        observe("segment of code", tries[i].type == CODE_SEGMENT);
        observe("segment dpl", tries[i].dpl);
        observe("segment", segment_descriptor(tries[i].type, tries[i].dpl));
    }
}

/* gdt_load() with a table that is not the boot's, but has the same segments. */
static void try_gdt_load(void)
{
    static uint64_t table[5];
    for (unsigned i = 1; i < 5; i++)
        table[i] = gdt_get((uint16_t)(8 * i));
    struct table_register gdtr = { sizeof table - 1, (uint64_t)table };
    load_and_look(&gdtr);
    struct table_register in_use = sgdt();
    observe("gdt base", (uint64_t)table);
    observe("gdt limit", sizeof table - 1);
    observe("gdtr base", in_use.base);
    observe("gdtr limit", in_use.limit);
    for (unsigned i = 0; i < 8; i++) {
        observe("before gdt_load", kept_before[i]);
        observe("after gdt_load", kept_after[i]);
    }
}

static void try_tss_descriptor(uint64_t base, uint32_t limit)
{
    dirty_stack();
    struct system_descriptor descriptor = tss_descriptor(base, limit);
    observe("tss base", base);
    observe("tss limit", limit);
    observe("tss low", descriptor.low);
    observe("tss high", descriptor.high);
}

static void try_gate(uint64_t handler, unsigned dpl)
{
    dirty_stack();
    struct gate gate = interrupt_gate(handler, dpl);
    uint64_t words[2];
    memcpy(words, &gate, sizeof words);
    observe("gate to", handler);
    observe("gate dpl", dpl);
    observe("gate low", words[0]);
    observe("gate high", words[1]);
}

_Noreturn void kmain(void)
{
    gdt_init();
    try_segments();
    try_gdt_load();
    gdt_use();
    tss_init();
    try_tss_descriptor(0xFEDCBA9876543210, 0xABCDE);
    try_tss_descriptor(0x0123456789ABCDEF, 0x54321);
    idt_init();
    for (unsigned dpl = 0; dpl <= 3; dpl++)
        try_gate(0xFEDCBA9876543210, dpl);
    try_gate(0x0123456789ABCDEF, 0); /* nothing of the gate before stays */
    try_gate(0x0123456789ABCDEF, 3);

    for (unsigned vector = 0; vector < VECTOR_EXCEPTIONS; vector++)
        try_vector(vector);
    try_vector(0x80);
    try_vector(255);

    trap_register(200, change_all);
    struct gate gate = idt_get(200);
    raise(gate_offset(&gate), 0);
    observe("not taken from the frame", first_difference(after, before));

    trap_register(201, return_from_elsewhere);
    gate = idt_get(201);
    raise(gate_offset(&gate), 0);
    observe("not taken from elsewhere", first_difference(after, before));

    trap_register(202, trap_within);
    trap_register(203, nothing);
    for (unsigned i = 0; i < REGISTERS; i++)
        before[i] = 0x0DD5000000000000 | i;
    gate = idt_get(202);
    observe("a trap within", 202);
    raise(gate_offset(&gate), 0);
    observe("wrong after a trap within", first_difference(after, before));

    uint64_t rbx = 0;
    trap_register(6, skip_ud2);
    asm volatile("ud2" : "+b"(rbx));
    observe("rbx that skip_ud2 puts there", RBX_AFTER_UD2);
    observe("rbx after ud2", rbx);
    observed_all();
}
