/*
 * Exercise 1.3: tss_descriptor, tss_load
 *
 * tss_descriptor
 * In:  base   the linear address of a TSS
 *      limit  its size in bytes minus 1
 * Out: the 16-byte descriptor of an available 64-bit TSS, present, DPL 0,
 *      granularity in bytes. The base is spread over four places.
 *
 * tss_load
 * In:  tss   the TSS
 * Out: its descriptor is in the GDT, at SELECTOR_TSS and the eight bytes
 *      after it, and TR is loaded (ltr marks the descriptor busy).
 *
 * SDM volume 3A, 8.2.3 ("TSS Descriptor in 64-bit mode"), figure 8-4.
 * Check: make grade ONLY=1.3
 */
#include <exercise.h>
#include <gdt.h>
#include <tss.h>

struct system_descriptor tss_descriptor(uint64_t base, uint32_t limit)
{
    /* SOLUTION */
    return (struct system_descriptor){
        .low = (limit & 0xFFFF)       /* limit 15–0 */
            | (base & 0xFFFFFF) << 16 /* base 23–0 */
            | SYSTEM_TSS_AVAILABLE | SEGMENT_P
            | (uint64_t)(limit >> 16 & 0xF) << 48 /* limit 19–16 */
            | (base >> 24 & 0xFF) << 56,          /* base 31–24 */
        .high = base >> 32,                       /* base 63–32 */
    };
    /* END SOLUTION */
}

void tss_load(const struct tss *tss)
{
    /* SOLUTION */
    struct system_descriptor descriptor = tss_descriptor((uint64_t)tss, sizeof *tss - 1);
    gdt_set(SELECTOR_TSS, descriptor.low);
    gdt_set(SELECTOR_TSS + 8, descriptor.high);
    ltr(SELECTOR_TSS);
    /* END SOLUTION */
}
