/*
 * tss.c - the one TSS of the one processor.
 */
#include <cpu.h>
#include <describe.h>
#include <exercise.h>
#include <gdt.h>
#include <tss.h>

static struct tss tss;

void tss_set_rsp0(uint64_t top)
{
    tss.rsp[0] = top;
}

uint64_t tss_rsp0(void)
{
    return tss.rsp[0];
}

void tss_set_ist(unsigned index, uint64_t top)
{
    tss.ist[index - 1] = top;
}

uint64_t tss_ist(unsigned index)
{
    return tss.ist[index - 1];
}

void tss_init(void)
{
    tss.io_map_base = sizeof tss; /* past the limit: ring 3 has no ports */
    tss_load(&tss);

    char is[DESCRIBE_SIZE], expected[DESCRIBE_SIZE];
    describe_system(is, gdt_get(SELECTOR_TSS), gdt_get(SELECTOR_TSS + 8));
    snprintf(expected, sizeof expected, "busy 64-bit TSS, present, DPL 0, base %#lx, limit %#zx",
             (uint64_t)&tss, sizeof tss - 1);
    require(str() == SELECTOR_TSS, "1.3", "TR is %#x, expected %#x: was ltr executed?", str(),
            SELECTOR_TSS);
    require_text("1.3", is, expected, "the GDT's entry %#x", SELECTOR_TSS);
}
