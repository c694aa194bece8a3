/*
 * overflow.c - recursion without an end: #PF in the guard page of its stack.
 */
#include <report.h>

int main(void)
{
    asm volatile(".globl the_fault\nthe_fault: push %rax\njmp the_fault");
    report(1, 1);
    return 0;
}
