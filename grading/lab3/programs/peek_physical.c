/*
 * peek_physical.c - writes through the map of physical memory: #PF.
 */
#include <memory_layout.h>
#include <report.h>

int main(void)
{
    asm volatile(".globl the_fault\nthe_fault: movb $1, (%0)"
                 :
                 : "r"(PHYSICAL_MAP_BASE + 0x200000)
                 : "memory");
    report(1, 1);
    return 0;
}
