/*
 * peek_kernel.c - reads the kernel's code: #PF.
 */
#include <memory_layout.h>
#include <report.h>

int main(void)
{
    asm volatile(".globl the_fault\nthe_fault: movb (%0), %%al" : : "r"(KERNEL_BASE) : "rax");
    report(1, 1);
    return 0;
}
