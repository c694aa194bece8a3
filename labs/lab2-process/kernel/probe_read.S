/*
 * probe_read.S - read an address that may fault: see page_fault.c.
 */
    .intel_syntax noprefix
    .section .text

/* bool probe_read(uint64_t address) */
    .globl  probe_read, probe_read_instruction, probe_read_faulted
probe_read:
probe_read_instruction:
    mov     al, [rdi]
    mov     eax, 1
    ret
probe_read_faulted:
    xor     eax, eax
    ret
