/*
 * syscall.c - the door that this kernel has not opened: #UD, since EFER.SCE is clear.
 */
#include <user.h>

int main(void)
{
    asm volatile("syscall" : : : "rcx", "r11", "memory");
    return 0;
}
