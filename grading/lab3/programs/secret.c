/*
 * secret.c - has memory at an address where peek_other.c has none.
 */
#include <report.h>

static volatile char memory[0x40000];

int main(void)
{
    memory[0x20000] = 's';
    report(1, (unsigned long)&memory[0x20000]);
    report(2, (unsigned long)memory[0x20000]);
    return 0;
}
