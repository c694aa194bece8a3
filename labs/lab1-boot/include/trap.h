/*
 * trap.h - exceptions, interrupts and system calls on their way into the kernel.
 *
 * "Trap" means all three here. The way in: a gate of the IDT, the vector's stub
 * (kernel/trap_stubs.S), trap_entry (exercise 1.5), trap_dispatch(), and the
 * handler that was registered.
 */
#pragma once

#include <stdint.h>
#include <stdbool.h>

/* What lies on the stack when trap_dispatch() runs, from the lowest address up. */
struct trap_frame {
    /* Pushed by trap_entry; r15 last. */
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
    /* Pushed by the vector's stub; the error code by the processor for some
     * exceptions, and 0 by the stub for all others. */
    uint64_t vector, error_code;
    /* Pushed by the processor, always: SDM volume 3A, 6.14.2, figure 6-9. */
    uint64_t rip, cs, rflags, rsp, ss;
};

_Static_assert(sizeof(struct trap_frame) == 22 * 8,
               "15 registers, 2 by the stub, 5 by the processor");

/* Exceptions by their mnemonics: SDM volume 3A, 6.2, table 6-1. */
enum vector {
    VECTOR_DE = 0,
    VECTOR_DB = 1,
    VECTOR_NMI = 2,
    VECTOR_BP = 3,
    VECTOR_UD = 6,
    VECTOR_DF = 8,
    VECTOR_GP = 13,
    VECTOR_PF = 14,
    VECTOR_AC = 17,
    VECTOR_MC = 18,
    VECTOR_EXCEPTIONS = 32, /* the first vector that is no exception */
};

/* The error code of #PF: SDM volume 3A, 4.7, figure 4-12. */
#define PAGE_FAULT_PRESENT  0x01 /* a mapping exists, its permissions forbid it */
#define PAGE_FAULT_WRITE    0x02
#define PAGE_FAULT_USER     0x04 /* at CPL 3 */
#define PAGE_FAULT_RESERVED 0x08 /* a reserved bit is set in an entry */
#define PAGE_FAULT_FETCH    0x10

typedef void (*trap_handler_t)(struct trap_frame *frame);

/* Have `handler` called for the vector, on the trap's stack and with
 * interrupts off. It may change the frame: that is what is returned to. */
void trap_register(unsigned vector, trap_handler_t handler);

/* Called by trap_entry. A vector without a handler is a panic. */
void trap_dispatch(struct trap_frame *frame);

/* Exercise 1.5. Where the stubs go with the vector and an error code pushed:
 * save the registers, call trap_dispatch(), return through trap_return(). */
void trap_entry(void);

/* Exercise 1.5. Load every register from the frame, and return to where it says. */
_Noreturn void trap_return(struct trap_frame *frame);

/* Exercise 1.6. Let the vector be handled on the stack of IST `ist`, 1 to 7,
 * whose top (16-byte aligned) is `stack_top`. */
void trap_use_stack(unsigned vector, unsigned ist, uint64_t stack_top);

#define IST_STACK_SIZE 8192

/* Give #DF, NMI, #MC and #DB a stack each, IST 1 to 4; stops at a wrong one. */
void trap_stacks_init(void);

/* Print the frame and panic: a trap that the kernel does not expect. */
_Noreturn void trap_unexpected(struct trap_frame *frame);

/* "#GP" and "general protection"; from vector 32 on "interrupt", "without a handler". */
const char *trap_mnemonic(unsigned vector);
const char *trap_name(unsigned vector);

/* Whether the trap came from ring 3. The low two bits of CS are the CPL. */
static inline bool trap_from_user(const struct trap_frame *frame)
{
    return (frame->cs & 3) == 3;
}

/* Print all fields. */
void trap_frame_print(const struct trap_frame *frame);

/* The addresses of the 256 stubs. */
extern const uint64_t trap_stubs[];
