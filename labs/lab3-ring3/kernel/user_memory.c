/*
 * user_memory.c - see user_memory.h.
 *
 * Supervisor-mode access prevention: a pointer that came from ring 3 and is used
 * without thinking faults at once, whether it was checked or not. Here the
 * kernel means it. SDM volume 3A, 4.6.1 "Determination of Access Rights".
 */
#include <console.h>
#include <cpu.h>
#include <cpu_protect.h>
#include <errno.h>
#include <paging_bits.h>
#include <user_memory.h>

/* The one instruction that may fault, and the one after it: in user_memory_copy(). */
extern char user_copy[], user_copied[];

void user_memory_init(void)
{
    cpu_protect(CR4_SMAP);
}

/* RCX counts down what is left. */
__attribute__((noinline)) size_t user_memory_copy(void *to, const void *from, size_t length)
{
    if (cpu_smap)
        stac();
    asm volatile("user_copy: rep movsb\nuser_copied:"
                 : "+D"(to), "+S"(from), "+c"(length)
                 :
                 : "memory");
    if (cpu_smap)
        clac();
    return length;
}

int copy_from_user(void *to, uint64_t address, size_t length)
{
    return user_memory_copy(to, (const void *)address, length) == 0 ? 0 : -EFAULT;
}

/* The second line of defence. That it was needed is a mistake of the kernel's, and is said. */
bool user_memory_fault(struct trap_frame *frame)
{
    if (frame->rip != (uint64_t)user_copy)
        return false;
    printf("    %s in user_memory_copy(), from %#lx to %#lx, which was not checked well\n",
           trap_mnemonic((unsigned)frame->vector), frame->rsi, frame->rdi);
    frame->rip = (uint64_t)user_copied;
    return true;
}
