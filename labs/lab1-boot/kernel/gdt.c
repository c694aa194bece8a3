/*
 * gdt.c - the table, and the check that what an exercise put into it is right.
 */
#include <describe.h>
#include <exercise.h>
#include <gdt.h>

static uint64_t gdt[GDT_ENTRIES] __attribute__((aligned(8)));

void gdt_set(uint16_t selector, uint64_t descriptor)
{
    gdt[selector / 8] = descriptor;
}

uint64_t gdt_get(uint16_t selector)
{
    return gdt[selector / 8];
}

static void segment_init(uint16_t selector, enum segment_type type, unsigned dpl)
{
    char is[DESCRIBE_SIZE], expected[DESCRIBE_SIZE];
    gdt_set(selector, segment_descriptor(type, dpl));
    describe_segment(is, gdt_get(selector));
    snprintf(expected, sizeof expected, "present, DPL %u, %s", dpl,
             type == CODE_SEGMENT ? "64-bit code" : "writable data");
    require_text("1.1", is, expected, "the descriptor 0x%016lx of selector 0x%02x",
                 gdt_get(selector), selector);
}

void gdt_init(void)
{
    segment_init(SELECTOR_KERNEL_CODE, CODE_SEGMENT, 0);
    segment_init(SELECTOR_KERNEL_DATA, DATA_SEGMENT, 0);
    segment_init(SELECTOR_USER_CODE, CODE_SEGMENT, 3);
    segment_init(SELECTOR_USER_DATA, DATA_SEGMENT, 3);
}

void gdt_check(void)
{
    require(sgdt().base == (uint64_t)gdt, "1.2",
            "GDTR holds %#lx, expected %#lx: was lgdt executed?", sgdt().base, (uint64_t)gdt);
    require(read_cs() == SELECTOR_KERNEL_CODE, "1.2",
            "CS is %#x, expected %#x: only a far transfer loads CS", read_cs(),
            SELECTOR_KERNEL_CODE);
    require(read_ss() == SELECTOR_KERNEL_DATA, "1.2", "SS is %#x, expected %#x", read_ss(),
            SELECTOR_KERNEL_DATA);
}

void gdt_use(void)
{
    struct table_register gdtr = { sizeof gdt - 1, (uint64_t)gdt };
    gdt_load(&gdtr);
    gdt_check();

    /* The LDT, which nobody uses. After a reset LDTR names one at linear address 0, 64 KiB
     * long, which is where programs may lie: ring 3 could write itself a call gate into the
     * kernel there. With the null selector in LDTR, any use of an entry of the LDT is a #GP.
     * SDM volume 3A, 2.4.2 "Local Descriptor Table Register (LDTR)", and volume 2A, LLDT. */
    lldt(0);
}
