/*
 * run_stack.c - jumps to its stack: #PF at an instruction fetch.
 */
#include <memory_layout.h>
#include <report.h>

int main(void)
{
    asm volatile("jmp *%0" : : "r"(USER_STACK_TOP - 64));
    report(1, 1);
    return 0;
}
