/*
 * int14.c - asks for a page fault by its number: #GP, since the gate is ring 0's.
 */
#include <report.h>

int main(void)
{
    asm volatile(".globl the_fault\nthe_fault: int $14");
    report(1, 1);
    return 0;
}
