/*
 * cli.c - a privileged instruction: #GP.
 */
#include <report.h>

int main(void)
{
    asm volatile(".globl the_fault\nthe_fault: cli");
    report(1, 1);
    return 0;
}
