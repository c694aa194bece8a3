/*
 * start.S - where a program starts: the stack is 16-byte aligned and holds the argument
 * block, argc first and then argv, which is empty in labs 3 and 4; every other register is 0.
 */
    .intel_syntax noprefix
    .section .text
    .globl  _start
_start:
    mov     edi, [rsp]
    lea     rsi, [rsp + 8]
    call    main
    mov     edi, eax
    call    exit
