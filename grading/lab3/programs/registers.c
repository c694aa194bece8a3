/*
 * registers.c - a value of its own in every register, a system call, and how
 * many registers have another value afterwards, RFLAGS among them: for getpid, write,
 * and a system call that does not exist. Then arguments of which every bit counts.
 */
#include <report.h>

/* rax rbx rcx rdx rsi rdi rbp r8 … r15 before and after the call. */
static volatile unsigned long before[15] __attribute__((used)), after[15] __attribute__((used));
/* RFLAGS with all that a program can set, and IF: OF DF IF SF ZF AF PF CF. */
static volatile unsigned long flags __attribute__((used)) = 0xED7,
                                    flags_after __attribute__((used));

/* How many registers but rax a system call changes. */
static unsigned long changed_by(long number, long first, const void *second, long third)
{
    for (unsigned i = 0; i < 15; i++)
        before[i] = 0xC0DE000000000010 + i;
    before[0] = (unsigned long)number;
    before[3] = (unsigned long)third;
    before[4] = (unsigned long)second;
    before[5] = (unsigned long)first;
    asm volatile(
        "push %%rbp; push %%rbx\n"
        ".intel_syntax noprefix\n"
        "mov rax, [before + 0]; mov rbx, [before + 8]\n"
        "mov rcx, [before + 16]; mov rdx, [before + 24]\n"
        "mov rsi, [before + 32]; mov rdi, [before + 40]\n"
        "mov rbp, [before + 48]; mov r8, [before + 56]\n"
        "mov r9, [before + 64]; mov r10, [before + 72]\n"
        "mov r11, [before + 80]; mov r12, [before + 88]\n"
        "mov r13, [before + 96]; mov r14, [before + 104]; mov r15, [before + 112]\n"
        "push [flags]; popfq; int %c[vector]; pushfq; pop [flags_after]; cld\n"
        "mov [after + 0], rax; mov [after + 8], rbx; mov [after + 16], rcx; mov [after + 24], rdx\n"
        "mov [after + 32], rsi; mov [after + 40], rdi\n"
        "mov [after + 48], rbp; mov [after + 56], r8\n"
        "mov [after + 64], r9; mov [after + 72], r10\n"
        "mov [after + 80], r11; mov [after + 88], r12\n"
        "mov [after + 96], r13; mov [after + 104], r14; mov [after + 112], r15\n"
        ".att_syntax\n"
        "pop %%rbx; pop %%rbp\n"
        :
        : [vector] "i"(SYSCALL_VECTOR)
        : "rax", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15",
          "memory");
    unsigned long changed = flags_after != flags;
    for (unsigned i = 1; i < 15; i++)
        changed += before[i] != after[i];
    return changed;
}

int main(void)
{
    report(1, changed_by(SYS_GETPID, 0x15, (const void *)0x14, 0x13));
    report(2, after[0]);
    report(3, changed_by(SYS_WRITE, 1, "", 0));
    report(4, changed_by(1000, 0x15, (const void *)0x14, 0x13));

    char text[] = "registers.c writes from its stack\n";
    report(5, (unsigned long)sys_write(1, text, sizeof text - 1));
    report(6, (unsigned long)sys_write(1, text, 1UL << 32));
    report(7, (unsigned long)sys_write(0x101, text, 1));
    return 0;
}
