/*
 * popf.c - clears IF and sets IOPL to 3 with popf, which ring 3 may not. It is no fault: the
 * processor leaves both as they are. The status is IF and, above it, IOPL: 1.
 */
#include <user.h>

int main(void)
{
    unsigned long flags;
    asm volatile("pushfq; pop %0; and $~0x200, %0; or $0x3000, %0; push %0; popfq; pushfq; pop %0"
                 : "=r"(flags)
                 :
                 : "memory", "cc");
    return (int)(flags >> 9 & 1) | (int)(flags >> 12 & 3) << 1;
}
