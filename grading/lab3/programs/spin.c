/*
 * spin.c - never makes a system call and never ends. Its registers keep what
 * they hold through every interruption, DF and IF stay set, and IOPL 0, or it says so.
 */
#include <report.h>

/* DF, IF and IOPL of RFLAGS, when they are what changed. */
static volatile unsigned long flags __attribute__((used));
static volatile unsigned long stack __attribute__((used));

int main(void)
{
    asm volatile(".intel_syntax noprefix\n"
                 "mov rax, 0x21; mov rbx, 0x22; mov rcx, 0x23; mov rdx, 0x24; mov rsi, 0x25\n"
                 "mov rdi, 0x26; mov r8, 0x27; mov r9, 0x28; mov r10, 0x29; mov r11, 0x2a\n"
                 "mov r12, 0x2b; mov r13, 0x2c; mov r14, 0x2d; mov r15, 0x2e\n"
                 "std\n"
                 "mov [stack], rsp\n"
                 "1:\n"
                 "cmp rsp, [stack]; jne 2f\n"
                 "cmp rax, 0x21; jne 2f; cmp rbx, 0x22; jne 2f; cmp rcx, 0x23; jne 2f\n"
                 "cmp rdx, 0x24; jne 2f; cmp rsi, 0x25; jne 2f; cmp rdi, 0x26; jne 2f\n"
                 "cmp r8, 0x27; jne 2f; cmp r9, 0x28; jne 2f; cmp r10, 0x29; jne 2f\n"
                 "cmp r11, 0x2a; jne 2f; cmp r12, 0x2b; jne 2f; cmp r13, 0x2c; jne 2f\n"
                 "cmp r14, 0x2d; jne 2f; cmp r15, 0x2e; jne 2f\n"
                 "pushfq; and qword ptr [rsp], 0x3600; cmp qword ptr [rsp], 0x600\n"
                 "lea rsp, [rsp + 8]; je 1b\n"
                 "mov rbx, [rsp - 8]; or rbx, 2; cld; jmp 3f\n"
                 "2: mov ebx, 0\n"
                 "3: mov [flags], rbx; cld\n"
                 ".att_syntax\n"
                 :
                 :
                 : "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13",
                   "r14", "r15", "cc", "memory");
    if (flags)
        report(2, flags);
    else
        report(1, 1);
    return 0;
}
