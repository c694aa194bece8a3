/*
 * sharers.c - exercise 4.6: as families.c, and pages are shared until somebody writes.
 */
#include <lab4_family.h>

_Noreturn void kmain(void)
{
    lab4_families(page_share);
}
