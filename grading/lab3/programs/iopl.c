/*
 * iopl.c - tries to raise its own I/O privilege level; popf ignores that in
 * ring 3, so cli is still a #GP.
 */
#include <report.h>

int main(void)
{
    asm volatile("pushfq; orq $0x3000, (%%rsp); popfq\n.globl the_fault\nthe_fault: cli"
                 :
                 :
                 : "memory", "cc");
    report(1, 1);
    return 0;
}
