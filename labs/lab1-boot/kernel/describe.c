/*
 * describe.c - see describe.h. Bits are named as in the manual's figures.
 */
#include <describe.h>
#include <gdt.h>
#include <idt.h>
#include <trap.h>

static const char *segment_kind(uint64_t descriptor)
{
    if (!(descriptor & SEGMENT_S))
        return "a system segment (S is 0)";
    if (!(descriptor & SEGMENT_CODE)) {
        if (!(descriptor & SEGMENT_W))
            return "read-only data";
        return descriptor & SEGMENT_C ? "expand-down data" : "writable data";
    }
    if (descriptor & SEGMENT_C)
        return "conforming code";
    switch (descriptor & (SEGMENT_L | SEGMENT_DB)) {
    case SEGMENT_L:
        return "64-bit code";
    case SEGMENT_L | SEGMENT_DB:
        return "code with L and D both set (reserved)";
    case SEGMENT_DB:
        return "32-bit code (L is 0)";
    default:
        return "16-bit code (L is 0)";
    }
}

void describe_segment(char text[DESCRIBE_SIZE], uint64_t descriptor)
{
    snprintf(text, DESCRIBE_SIZE, "%s, DPL %u, %s",
             descriptor & SEGMENT_P ? "present" : "not present", (unsigned)(descriptor >> 45 & 3),
             segment_kind(descriptor));
}

void describe_system(char text[DESCRIBE_SIZE], uint64_t low, uint64_t high)
{
    /* SDM volume 3A, 8.2.3 figure 8-4; types in 3.5 table 3-2. */
    uint64_t base = (low >> 16 & 0xFFFFFF) | (low >> 56 & 0xFF) << 24 | high << 32;
    uint64_t limit = (low & 0xFFFF) | (low >> 48 & 0xF) << 16;
    unsigned type = low >> 40 & 0xF;
    const char *kind = low & SEGMENT_S ? "no system segment (S is 1)"
        : type == 0x9                  ? "available 64-bit TSS"
        : type == 0xB                  ? "busy 64-bit TSS"
                                       : "no TSS";
    snprintf(text, DESCRIBE_SIZE, "%s, %s, DPL %u, base %#lx, limit %#lx", kind,
             low & SEGMENT_P ? "present" : "not present", (unsigned)(low >> 45 & 3), base, limit);
}

void describe_gate(char text[DESCRIBE_SIZE], const struct gate *gate)
{
    unsigned type = gate->type & 0x1F;
    snprintf(text, DESCRIBE_SIZE, "%s to 0x%04x:0x%016lx, %s, DPL %u, IST %u",
             type == GATE_INTERRUPT  ? "interrupt gate"
                 : type == GATE_TRAP ? "trap gate"
                                     : "no 64-bit gate",
             gate->selector, gate_offset(gate), gate->type & GATE_P ? "present" : "not present",
             (unsigned)(gate->type >> 5 & 3), gate->ist);
}

void describe_page_fault(char text[DESCRIBE_SIZE], uint64_t error_code)
{
    snprintf(text, DESCRIBE_SIZE, "%s from ring %d, %s%s",
             error_code & PAGE_FAULT_FETCH       ? "instruction fetch"
                 : error_code & PAGE_FAULT_WRITE ? "write"
                                                 : "read",
             error_code & PAGE_FAULT_USER ? 3 : 0,
             error_code & PAGE_FAULT_PRESENT ? "the page's permissions forbid it"
                                             : "page not present",
             error_code & PAGE_FAULT_RESERVED ? ", a reserved bit is set" : "");
}
