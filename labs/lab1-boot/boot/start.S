/*
 * start.S - the first instructions of the kernel proper, in the upper half.
 */
#include <memory_layout.h>

    .intel_syntax noprefix
    .section .text
    .code64

    .globl kernel_entry
kernel_entry:
    lea     rsp, [rip + boot_stack_top]
    xor     ebp, ebp                /* the end of every backtrace */
    call    boot_main               /* and on to kmain(); neither returns */

/*
 * void boot_stack_call(void (*function)(void))
 *
 * Drop whatever the current stack holds and call the function, which must not
 * return, at the top of the boot stack.
 */
    .globl boot_stack_call
boot_stack_call:
    lea     rsp, [rip + boot_stack_top]
    xor     ebp, ebp
    call    rdi
    ud2
