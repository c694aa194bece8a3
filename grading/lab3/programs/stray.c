/*
 * stray.c - asks doors.c to read its memory without copy_from_user(), with AC set by popf:
 * an AC that the kernel did not clear would let it.
 */
#include <doors.h>
#include <user.h>

int main(void)
{
    asm volatile("pushfq; orq $0x40000, (%%rsp); popfq" : : : "memory", "cc");
    (void)system_call(CALL_STRAY, (long)main, 0, 0);
    return 0;
}
