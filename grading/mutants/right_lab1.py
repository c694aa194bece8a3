"""Right solutions that are not ours: each must get full marks.

Each row names an exercise and a way to solve it, and gives the body of the file
behind its task: the skeleton's text up to the last #include stays, the rest is this.
"""
from ringstep.grading.rows import Right

RIGHT = [
    Right("1.1", "flat segments with limit, granularity and B, already accessed, code execute-only",
          body=r'''
uint64_t segment_descriptor(enum segment_type type, unsigned dpl)
{
    static const uint64_t base[] = {
        [CODE_SEGMENT] = 0x00AF99000000FFFF,
        [DATA_SEGMENT] = 0x00CF93000000FFFF,
    };
    return base[type] | (uint64_t)dpl << 45;
}
'''),
    Right("1.2", "CS by way of iretq, segments last",
          body=r'''
    .intel_syntax noprefix
    .section .text
    .globl  gdt_load
gdt_load:
    lgdt    [rdi]
    mov     rax, rsp
    push    SELECTOR_KERNEL_DATA
    push    rax
    pushfq
    push    SELECTOR_KERNEL_CODE
    lea     rax, [rip + 1f]
    push    rax
    mov     eax, SELECTOR_KERNEL_DATA
    mov     ss, eax
    iretq
1:  mov     eax, SELECTOR_KERNEL_DATA
    mov     ds, eax
    mov     es, eax
    mov     fs, eax
    mov     gs, eax
    ret
'''),
    Right("1.3", "the descriptor through a packed struct",
          body=r'''
struct packed_descriptor {
    uint16_t limit_low, base_low;
    uint8_t base_middle, type, limit_high, base_high;
    uint32_t base_upper, reserved;
} __attribute__((packed));

struct system_descriptor tss_descriptor(uint64_t base, uint32_t limit)
{
    union { struct packed_descriptor packed; struct system_descriptor words; } made = { .packed = {
        .limit_low = (uint16_t)limit, .limit_high = limit >> 16 & 15, .type = 0x89,
        .base_low = (uint16_t)base, .base_middle = (uint8_t)(base >> 16),
        .base_high = (uint8_t)(base >> 24), .base_upper = (uint32_t)(base >> 32) } };
    return made.words;
}

void tss_load(const struct tss *tss)
{
    struct system_descriptor made = tss_descriptor((uint64_t)tss, 103);
    gdt_set(SELECTOR_TSS + 8, made.high);
    gdt_set(SELECTOR_TSS, made.low);
    asm volatile ("ltr %w0" : : "r"(SELECTOR_TSS));
}
'''),
    Right("1.5", "registers stored with mov, stack aligned by hand",
          body=r'''
    .intel_syntax noprefix
    .section .text
    .globl  trap_entry, trap_return
trap_entry:
    sub     rsp, 120
    mov     [rsp], r15
    mov     [rsp + 8], r14
    mov     [rsp + 16], r13
    mov     [rsp + 24], r12
    mov     [rsp + 32], r11
    mov     [rsp + 40], r10
    mov     [rsp + 48], r9
    mov     [rsp + 56], r8
    mov     [rsp + 64], rbp
    mov     [rsp + 72], rdi
    mov     [rsp + 80], rsi
    mov     [rsp + 88], rdx
    mov     [rsp + 96], rcx
    mov     [rsp + 104], rbx
    mov     [rsp + 112], rax
    mov     rbx, rsp
    mov     rdi, rsp
    and     rsp, -16
    cld
    call    trap_dispatch
    mov     rdi, rbx
trap_return:
    mov     r15, [rdi]
    mov     r14, [rdi + 8]
    mov     r13, [rdi + 16]
    mov     r12, [rdi + 24]
    mov     r11, [rdi + 32]
    mov     r10, [rdi + 40]
    mov     r9, [rdi + 48]
    mov     r8, [rdi + 56]
    mov     rbp, [rdi + 64]
    mov     rsi, [rdi + 80]
    mov     rdx, [rdi + 88]
    mov     rcx, [rdi + 96]
    mov     rbx, [rdi + 104]
    mov     rax, [rdi + 112]
    lea     rsp, [rdi + 136]
    mov     rdi, [rdi + 72]
    iretq
'''),
    Right("1.1", "numbers for the four, by ring",
          body=r'''
uint64_t segment_descriptor(enum segment_type type, unsigned dpl)
{
    uint64_t access = 0x92 | dpl << 5;
    return type == DATA_SEGMENT ? access << 40 : (access | 0x08) << 40 | 1ULL << 53;
}
'''),
    Right("1.2", "the far return's two words written with mov",
          body=r'''
    .intel_syntax noprefix
    .section .text
    .globl  gdt_load
gdt_load:
    lgdt    [rdi]
    sub     rsp, 16
    lea     rax, [rip + 1f]
    mov     [rsp], rax
    mov     qword ptr [rsp + 8], SELECTOR_KERNEL_CODE
    retfq
1:  push    SELECTOR_KERNEL_DATA
    pop     rax
    mov     ds, eax
    mov     es, eax
    mov     ss, eax
    ret
'''),
    Right("1.4", "two words, bit by bit",
          body=r'''
struct gate interrupt_gate(uint64_t handler, unsigned dpl)
{
    union { uint64_t words[2]; struct gate gate; } made;
    made.words[0] = (handler & 0xFFFF) | 0x08ULL << 16 | (0x8EULL | dpl << 5) << 40
        | (handler >> 16 & 0xFFFF) << 48;
    made.words[1] = handler >> 32;
    return made.gate;
}
'''),
    Right("1.6", "the TSS first, the gate in one go",
          body=r'''
void trap_use_stack(unsigned vector, unsigned ist, uint64_t stack_top)
{
    struct gate before = idt_get(vector);
    tss_set_ist(ist, stack_top);
    idt_set(vector, (struct gate){ before.offset_low, before.selector, (uint8_t)(ist & 7),
                                   before.type, before.offset_middle, before.offset_high,
                                   before.reserved });
}
'''),
]
