/*
 * start.S - where a program starts: the stack is 16-byte aligned and holds an
 * empty argument block, every other register is 0.
 */
    .intel_syntax noprefix
    .section .text
    .globl  _start
_start:
    call    main
    mov     edi, eax
    call    exit
