/*
 * unchecked.c - copies that doors.c does not check: those that fault give an error, and the
 * next one is as good as ever. The status is the number of the first wrong result, from 1 on.
 */
#include <doors.h>
#include <memory_layout.h>
#include <user.h>

static char page[PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));

#define LAST_BYTE (USER_STACK_TOP - 1)

int main(void)
{
    const struct {
        long number;
        unsigned long address, length;
        long result;
    } tries[] = {
        { CALL_COPY_IN, (unsigned long)page, PAGE_SIZE, 0 },
        { CALL_COPY_IN, 0, 1, -EFAULT },
        { CALL_COPY_IN, LAST_BYTE, 2, -EFAULT },
        { CALL_COPY_IN, LAST_BYTE, 1, 0 },
        { CALL_COPY_IN, USER_HALF_END, 1, -EFAULT }, /* not canonical: #GP */
        { CALL_COPY_IN, KERNEL_HALF_START - 1, 2, -EFAULT },
        { CALL_COPY_IN, KERNEL_STACK_BASE, 1, -EFAULT }, /* a guard page */
        { CALL_COPY_BACK, (unsigned long)page, PAGE_SIZE, 0 },
        { CALL_COPY_BACK, 0, 1, 1 },
        { CALL_COPY_BACK, LAST_BYTE - 1, 5, 3 },
        { CALL_COPY_BACK, USER_PROGRAM_BASE, 4, 4 }, /* read-only, for the kernel, too */
        { CALL_COPY_BACK, USER_HALF_END, 1, 1 },
        { CALL_COPY_IN, (unsigned long)page, 1, 0 },
    };
    for (unsigned i = 0; i < sizeof tries / sizeof *tries; i++)
        if (system_call(tries[i].number, (long)tries[i].address, (long)tries[i].length, 0)
            != tries[i].result)
            return (int)i + 1;
    return 0;
}
