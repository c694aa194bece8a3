/*
 * sgdt.c - asks where the GDT is. UMIP makes that a #GP; without it, ring 3 is told.
 */
#include <user.h>

int main(void)
{
    char where[10];
    asm volatile("sgdt %0" : "=m"(where));
    return 0;
}
