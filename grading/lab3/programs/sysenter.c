/*
 * sysenter.c - the other door that is shut: #GP, since IA32_SYSENTER_CS is 0.
 */
#include <user.h>

int main(void)
{
    asm volatile("sysenter" : : : "memory");
    return 0;
}
