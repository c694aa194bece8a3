/*
 * registers.c - a value of its own in every register, a system call, and how
 * many registers have another value afterwards.
 */
#include <report.h>

static volatile unsigned long wrong[15] __attribute__((used)), result __attribute__((used));

int main(void)
{
    asm volatile (
        "push %%rbp; push %%rbx\n"
        ".intel_syntax noprefix\n"
        "mov rbx, 0x11; mov rcx, 0x12; mov rdx, 0x13; mov rsi, 0x14; mov rdi, 0x15\n"
        "mov rbp, 0x16; mov r8, 0x17; mov r9, 0x18; mov r10, 0x19; mov r11, 0x1a\n"
        "mov r12, 0x1b; mov r13, 0x1c; mov r14, 0x1d; mov r15, 0x1e; mov rax, 39\n"
        "int 0x80\n"
        "mov [wrong + 8], rbx; mov [wrong + 16], rcx; mov [wrong + 24], rdx\n"
        "mov [wrong + 32], rsi; mov [wrong + 40], rdi; mov [wrong + 48], rbp\n"
        "mov [wrong + 56], r8; mov [wrong + 64], r9; mov [wrong + 72], r10\n"
        "mov [wrong + 80], r11; mov [wrong + 88], r12; mov [wrong + 96], r13\n"
        "mov [wrong + 104], r14; mov [wrong + 112], r15; mov [result], rax\n"
        ".att_syntax\n"
        "pop %%rbx; pop %%rbp\n"
        : : : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
              "r14", "r15", "memory");
    unsigned long changed = 0;
    for (unsigned i = 1; i < 15; i++)
        changed += wrong[i] != 0x10 + i;
    report(1, changed);
    report(2, result);
    return 0;
}
