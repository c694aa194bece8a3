/*
 * idt.h - the interrupt descriptor table.
 *
 * Intel SDM volume 3A, 6.14.1 "64-Bit Mode IDT", figure 6-8.
 */
#pragma once

#include <stdint.h>

struct gate {
    uint16_t offset_low;    /* bits 15–0 of the handler's address */
    uint16_t selector;      /* the code segment that the handler runs in */
    uint8_t ist;            /* 0, or the IST stack to switch to: 1–7 */
    uint8_t type;           /* GATE_P | GATE_DPL(n) | GATE_INTERRUPT */
    uint16_t offset_middle; /* bits 31–16 */
    uint32_t offset_high;   /* bits 63–32 */
    uint32_t reserved;
};

_Static_assert(sizeof(struct gate) == 16, "SDM volume 3A, 6.14.1: 16 bytes a gate");

#define GATE_INTERRUPT 0x0E                  /* clears IF on the way in */
#define GATE_TRAP      0x0F                  /* leaves IF as it is */
#define GATE_DPL(n)    ((uint8_t)((n) << 5)) /* the ring that may use `int n`: n, or further in */
#define GATE_P         0x80                  /* present */

#define IDT_ENTRIES 256

static inline uint64_t gate_offset(const struct gate *gate)
{
    return (uint64_t)gate->offset_high << 32 | (uint64_t)gate->offset_middle << 16
        | gate->offset_low;
}

/* Exercise 1.4. A present interrupt gate to `handler` in the kernel's code
 * segment, open to `int n` from the rings 0 to `dpl`, without an IST stack. */
struct gate interrupt_gate(uint64_t handler, unsigned dpl);

/* Write or read the entry of a vector, 0 to 255. */
void idt_set(unsigned vector, struct gate gate);
struct gate idt_get(unsigned vector);

/* Stop at the exercise `id` where the gate is not an interrupt gate to `handler` with
 * that DPL and without an IST stack; `what` names the gate, as in require_text(). */
void require_gate(const char *id, const struct gate *gate, uint64_t handler, unsigned dpl,
                  const char *what, ...) __attribute__((format(printf, 5, 6)));

/* Fill all 256 entries with interrupt_gate() to the trap stubs, DPL 0, and
 * load IDTR; stops at a wrong gate. */
void idt_init(void);
