/*
 * write_code.c - writes to its own code: #PF.
 */
#include <memory_layout.h>
#include <report.h>

int main(void)
{
    asm volatile(".globl the_fault\nthe_fault: movb $0, (%0)"
                 :
                 : "r"((unsigned long)USER_PROGRAM_BASE)
                 : "memory");
    report(1, 1);
    return 0;
}
