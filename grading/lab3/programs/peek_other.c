/*
 * peek_other.c - reads where another process had its memory: #PF.
 */
#include <memory_layout.h>
#include <report.h>

int main(void)
{
    asm volatile(".globl the_fault\nthe_fault: movb (%0), %%al"
                 :
                 : "r"(USER_PROGRAM_BASE + 0x22000UL)
                 : "rax");
    report(1, 1);
    return 0;
}
