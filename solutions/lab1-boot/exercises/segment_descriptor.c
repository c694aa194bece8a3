/*
 * Exercise 1.1: segment_descriptor
 *
 * In:  type  CODE_SEGMENT or DATA_SEGMENT
 *      dpl   the ring that the segment is for, 0 or 3
 * Out: the 8-byte descriptor: present, a code or data segment (not a system
 *      segment), with that DPL. Code is 64-bit and not conforming; data is
 *      writable and does not expand down.
 *
 * The bits have names in <gdt.h>. SDM volume 3A, 3.4.5 ("Segment Descriptors");
 * for the L bit 5.2.1 ("Code-Segment Descriptor in 64-bit Mode").
 * Check: make grade ONLY=1.1
 */
#include <exercise.h>
#include <gdt.h>

uint64_t segment_descriptor(enum segment_type type, unsigned dpl)
{
    /* SOLUTION */
    uint64_t descriptor = SEGMENT_P | SEGMENT_S | SEGMENT_DPL(dpl);
    if (type == CODE_SEGMENT)
        descriptor |= SEGMENT_CODE | SEGMENT_R | SEGMENT_L;
    else
        descriptor |= SEGMENT_W;
    return descriptor;
    /* END SOLUTION */
}
