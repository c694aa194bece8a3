/*
 * swapped.c - jumps to its first stack pointer with its entry point in RSP: to the kernel
 * that looks like exercise 3.2 with two values swapped, and it must not believe it.
 */
#include <memory_layout.h>
#include <user.h>

int main(void)
{
    asm volatile("mov %0, %%rsp; jmp *%1"
                 :
                 : "r"((unsigned long)USER_PROGRAM_BASE), "r"(USER_STACK_TOP - 64));
    return 0;
}
