/*
 * trap_stubs.S - one stub a vector, and the table of their addresses.
 *
 * A handler cannot ask which vector it was called for: the stub pushes the
 * number. For some exceptions the processor has pushed an error code before
 * (SDM volume 3A, 6.2, table 6-1); for the others the stub pushes a 0, so
 * that the frame looks the same for all. `int n` in software never pushes an
 * error code, so no gate of those vectors may be open to ring 3. (On AMD's processors
 * 29 and 30 have one, too: virtual machines only, and not enabled here.)
 */
    .intel_syntax noprefix

    .section .rodata
    .balign 8
    .globl  trap_stubs
trap_stubs:

    .set    vector, 0
    .rept   256
    .section .text
    .if vector == 0
    .globl  trap_stubs_start            /* a name for debuggers: all the stubs */
trap_stubs_start:
    .endif
9:
    .if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21)
    push    0
    .endif
    push    vector
    jmp     trap_entry
    .section .rodata
    .quad   9b
    .set    vector, vector + 1
    .endr
