/*
 * families.c - exercises 4.5 and 4.6: programs that fork, end and wait, without a timer, so
 * that processes change only where they wait. A program may ask what the kernel holds.
 */
#include <lab4_family.h>

_Noreturn void kmain(void)
{
    lab4_families(page_copy);
}
