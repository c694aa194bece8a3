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
    todo("1.3");
}

void tss_load(const struct tss *tss)
{
    todo("1.3");
}
