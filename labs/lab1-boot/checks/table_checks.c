/*
 * table_checks.c - exercises 1.1 to 1.4 and 1.6: what is written into the processor's tables.
 *
 * The boot calls each function once or twice, with few arguments, so a value can be right
 * by chance. Here it is called again, in other ways that its task allows.
 */
#include <boot_checks.h>
#include <console.h>
#include <describe.h>
#include <exercise.h>
#include <gdt.h>
#include <idt.h>
#include <probe.h>
#include <string.h>
#include <trap.h>
#include <tss.h>

#define SPARE_VECTOR 200
#define SPARE_IST    5

/* Two addresses that differ in every digit. */
static const uint64_t addresses[] = { 0xFEDCBA9876543210, 0x0123456789ABCDEF };

static const struct {
    uint16_t selector;
    enum segment_type type;
    unsigned dpl;
    const char *name;
} segments[] = {
    { SELECTOR_KERNEL_CODE, CODE_SEGMENT, 0, "kernel code" },
    { SELECTOR_KERNEL_DATA, DATA_SEGMENT, 0, "kernel data" },
    { SELECTOR_USER_CODE, CODE_SEGMENT, 3, "user code" },
    { SELECTOR_USER_DATA, DATA_SEGMENT, 3, "user data" },
};
#define SEGMENTS (sizeof segments / sizeof *segments)

/* Fill the stack below, so that what an exercise does not write is not 0 by chance. */
static __attribute__((noinline)) void dirty_stack(void)
{
    volatile uint8_t below[512];
    for (unsigned i = 0; i < sizeof below; i++)
        below[i] = 0xA5;
}

/* In reverse: an answer that only follows the order of the boot's calls is found out. */
static void try_segment_descriptor(void)
{
    for (unsigned i = SEGMENTS; i-- > 0;) {
        char is[DESCRIBE_SIZE], before[DESCRIBE_SIZE];
        describe_segment(is, segment_descriptor(segments[i].type, segments[i].dpl));
        describe_segment(before, gdt_get(segments[i].selector));
        require_text("1.1", is, before, "segment_descriptor(%s_SEGMENT, %u), called again,",
                     segments[i].type == CODE_SEGMENT ? "CODE" : "DATA", segments[i].dpl);
    }
}

void show_segments(void)
{
    for (unsigned i = 0; i < SEGMENTS; i++) {
        char text[DESCRIBE_SIZE];
        describe_segment(text, gdt_get(segments[i].selector));
        printf("    0x%02x %s: %s\n", segments[i].selector, segments[i].name, text);
    }
    try_segment_descriptor();
}

/* Load another table with the same segments, and then the boot's again. */
void try_gdt_load(void)
{
    static const char *const kept[] = { "rbx", "rbp", "r12",       "r13",      "r14",
                                        "r15", "rsp", "RFLAGS.DF", "RFLAGS.IF" };
    static uint64_t table[GDT_ENTRIES];
    for (uint16_t i = 0; i < GDT_ENTRIES; i++)
        table[i] = gdt_get((uint16_t)(8 * i));
    struct table_register boot = sgdt(), other = { sizeof table - 1, (uint64_t)table };

    require(read_ds() == SELECTOR_KERNEL_DATA, "1.2", "DS is %#x, expected %#x", read_ds(),
            SELECTOR_KERNEL_DATA);
    require(read_es() == SELECTOR_KERNEL_DATA, "1.2", "ES is %#x, expected %#x", read_es(),
            SELECTOR_KERNEL_DATA);
    unsigned changed = probe_gdt_load(&other);
    for (unsigned i = 0; i < sizeof kept / sizeof *kept; i++)
        require(!(changed & 1 << i), "1.2", "gdt_load has changed %s, which is its caller's",
                kept[i]);
    require(sgdt().base == (uint64_t)table && sgdt().limit == sizeof table - 1, "1.2",
            "called with a table at %#lx, gdt_load has loaded the one at %#lx", (uint64_t)table,
            sgdt().base);
    probe_gdt_load(&boot);
}

static void try_tss_descriptor(uint64_t base, uint32_t limit)
{
    char is[DESCRIBE_SIZE], expected[DESCRIBE_SIZE];
    dirty_stack();
    struct system_descriptor tss = tss_descriptor(base, limit);
    describe_system(is, tss.low, tss.high);
    snprintf(expected, sizeof expected,
             "available 64-bit TSS, present, DPL 0, base %#lx, limit %#x", base, limit);
    require_text("1.3", is, expected, "tss_descriptor(%#lx, %#x)", base, limit);
    require(!(tss.low & SEGMENT_G), "1.3", "the TSS's limit counts pages (G is set), not bytes");
    require(!(tss.low >> 52 & 7) && !(tss.high >> 32), "1.3",
            "reserved bits of the descriptor are set: 0x%016lx, 0x%016lx", tss.low, tss.high);
}

void show_tss(void)
{
    char text[DESCRIBE_SIZE], expected[DESCRIBE_SIZE];
    uint64_t low = gdt_get(SELECTOR_TSS), high = gdt_get(SELECTOR_TSS + 8);
    describe_system(text, low, high);
    printf("    TR %#x: %s\n", str(), text);

    uint64_t base = (low >> 16 & 0xFFFFFF) | low >> 56 << 24 | high << 32;
    uint16_t io_map_base = ((const struct tss *)base)->io_map_base;
    require(io_map_base == sizeof(struct tss), "1.3",
            "tss_load() has changed the TSS: its I/O map base is %#x, it was %#zx", io_map_base,
            sizeof(struct tss));
    for (unsigned i = 0; i < SEGMENTS; i++) {
        describe_segment(text, gdt_get(segments[i].selector));
        describe_segment(expected, segment_descriptor(segments[i].type, segments[i].dpl));
        require_text("1.3", text, expected, "after tss_load() the GDT's entry %#x",
                     segments[i].selector);
    }
    for (unsigned i = 0; i < 2; i++)
        try_tss_descriptor(addresses[i], i ? 0x54321 : 0xABCDE);
}

/* Lab 3 needs a gate with DPL 3; a gate has two bits for it. */
void try_gates(void)
{
    for (unsigned i = 0; i < 8; i++) {
        uint64_t handler = addresses[i / 4];
        dirty_stack();
        struct gate gate = interrupt_gate(handler, i % 4);
        require_gate("1.4", &gate, handler, i % 4, "interrupt_gate(%#lx, %u)", handler, i % 4);
        require(gate.reserved == 0, "1.4", "the reserved bits of a gate are %#x, expected 0",
                gate.reserved);
    }
}

/* Give a stack, and then another one, to a gate that differs from the boot's. */
void try_trap_use_stack(void)
{
    uint64_t rsp0 = tss_rsp0();
    struct gate before = idt_get(SPARE_VECTOR), gate = interrupt_gate(addresses[0], 3);
    gate.ist = 2;
    idt_set(SPARE_VECTOR, gate);
    for (uint64_t top = 0x1000; top <= 0x2000; top += 0x1000) {
        trap_use_stack(SPARE_VECTOR, SPARE_IST, top);
        gate.ist = SPARE_IST;
        struct gate is = idt_get(SPARE_VECTOR);
        char text[DESCRIBE_SIZE], expected[DESCRIBE_SIZE];
        describe_gate(text, &is);
        describe_gate(expected, &gate);
        require_text("1.6", text, expected, "a gate after trap_use_stack(%u, %u, %#lx)",
                     SPARE_VECTOR, SPARE_IST, top);
        require(tss_ist(SPARE_IST) == top, "1.6", "IST %u in the TSS is %#lx, expected %#lx",
                SPARE_IST, tss_ist(SPARE_IST), top);
        require(tss_ist(SPARE_IST + 1) == 0 && tss_ist(7) == 0, "1.6",
                "IST %u in the TSS was set, too", tss_ist(7) ? 7 : SPARE_IST + 1);
        require(tss_rsp0() == rsp0, "1.6", "RSP0 in the TSS is %#lx, it was %#lx", tss_rsp0(),
                rsp0);
    }
    struct gate next = idt_get(SPARE_VECTOR + 1);
    require_gate("1.6", &next, trap_stubs[SPARE_VECTOR + 1], 0,
                 "the gate of vector %u, after trap_use_stack() for vector %u", SPARE_VECTOR + 1,
                 SPARE_VECTOR);
    idt_set(SPARE_VECTOR, before);
    tss_set_ist(SPARE_IST, 0);
}
