/*
 * pointers.c - buffers that a program may write from, and buffers that it may not.
 */
#include <memory_layout.h>
#include <report.h>

static char pages[3 * PAGE_SIZE] __attribute__((aligned(PAGE_SIZE))) = { 'd' };

#define BEHIND ((unsigned long)pages + sizeof pages)

int main(void)
{
    char *across = pages + PAGE_SIZE - 3;
    for (int i = 0; i < 6; i++)
        across[i] = "across"[i];
    pages[sizeof pages - 1] = '!';
    pages[0] = '<';

    const struct {
        unsigned long buffer, length;
    } tries[] = {
        { (unsigned long)pages, 1 }, /* good ones first */
        { (unsigned long)across, 6 },
        { BEHIND - 1, 1 },
        { (unsigned long)pages, 0 },
        { 0, 1 }, /* from here on bad ones */
        { 8, 16 },
        { PAGE_SIZE - 1, 2 },
        { BEHIND, 1 },
        { BEHIND - 1, 2 },
        { BEHIND - 2, 0x10000 },
        { (unsigned long)pages, -1UL },
        { (unsigned long)pages, -(unsigned long)pages },
        { (unsigned long)pages, -(unsigned long)pages + 1 },
        { USER_STACK_TOP - 8, 16 },
        { USER_STACK_TOP, 1 },
        { USER_STACK_TOP - USER_STACK_SIZE - 1, 1 },
        { USER_STACK_TOP - USER_STACK_SIZE - 1, 2 },
        { USER_HALF_END - 1, 1 },
        { USER_HALF_END - 1, 2 },
        { USER_HALF_END, 1 },
        { 0x8000000000000000, 1 },
        { KERNEL_HALF_START - 1, 2 },
        { KERNEL_STACK_BASE + PAGE_SIZE, 1 },
        { KERNEL_BASE, 1 },
        { PHYSICAL_MAP_BASE, 1 },
        { -1UL, 1 },
        { -8UL, 16 },
        { (unsigned long)pages | 1UL << 48, 1 }, /* without their upper bits these would be good */
        { (unsigned long)pages | -1UL << 48, 1 },
    };
    for (unsigned i = 0; i < sizeof tries / sizeof *tries; i++)
        report(i, (unsigned long)sys_write(1, (const void *)tries[i].buffer, tries[i].length));

    report(100, (unsigned long)sys_write(0, pages, 1));
    report(101, (unsigned long)sys_write(3, pages, 1));
    report(102, (unsigned long)sys_write(-1, pages, 1));
    return 0;
}
