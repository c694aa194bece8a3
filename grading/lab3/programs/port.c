/*
 * port.c - writes to the serial port itself: #GP.
 */
#include <report.h>

int main(void)
{
    asm volatile(".globl the_fault\nthe_fault: outb %%al, %%dx" : : "a"('X'), "d"(0x3F8));
    report(1, 1);
    return 0;
}
