/*
 * panic.c - the last words.
 */
#include <boot.h>
#include <console.h>
#include <machine.h>
#include <panic.h>

#define BACKTRACE_MAX 16

/* Each frame holds the caller's RBP and, above it, the return address. Only
 * addresses in the kernel's data are followed: the chain may be broken. */
void backtrace(unsigned long rbp)
{
    const char *before = "  called from: ";
    for (int i = 0; i < BACKTRACE_MAX; i++) {
        bool in_image = rbp >= (uint64_t)kernel_data_start && rbp < (uint64_t)kernel_end - 16;
        bool in_stacks = rbp >= KERNEL_STACK_BASE
            && rbp < KERNEL_STACK_BASE + KERNEL_STACK_AREA - 16
            && (rbp - KERNEL_STACK_BASE) % (KERNEL_STACK_SIZE + PAGE_SIZE) >= PAGE_SIZE;
        if (rbp % 8 != 0 || !(in_image || in_stacks))
            break;
        unsigned long *frame = (unsigned long *)rbp;
        printf("%s%#lx", before, frame[1]);
        before = " ";
        rbp = frame[0];
    }
    if (before[1] == 0)
        printf("\n");
}

_Noreturn void panic_at(const char *file, int line, const char *function, const char *text, ...)
{
    static bool panicking;
    if (panicking) /* a panic within panic: just stop */
        machine_off(MACHINE_PANIC);
    panicking = true;
    console_last_words();

    printf("PANIC: %s:%d: %s(): ", file, line, function);
    va_list arguments;
    va_start(arguments, text);
    vprintf(text, arguments);
    va_end(arguments);
    printf("\n");
    backtrace((unsigned long)__builtin_frame_address(0));
    machine_off(MACHINE_PANIC);
}
