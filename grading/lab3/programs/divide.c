/*
 * divide.c - divides by zero, in assembly: a compiler may leave it out.
 */
#include <report.h>

int main(void)
{
    asm volatile(".globl the_fault\nthe_fault: divl %%ecx" : : "a"(1), "d"(0), "c"(0) : "cc");
    report(1, 1);
    return 0;
}
