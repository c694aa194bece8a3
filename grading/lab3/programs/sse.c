/*
 * sse.c - floating point is off: #UD.
 */
#include <report.h>

int main(void)
{
    asm volatile(".globl the_fault\nthe_fault: xorps %xmm0, %xmm0");
    report(1, 1);
    return 0;
}
