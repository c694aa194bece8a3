/*
 * start_state.c - reports what the argument block at the top of its stack holds,
 * and its segment registers.
 */
#include <memory_layout.h>
#include <report.h>

int main(void)
{
    unsigned long block = 0;
    for (unsigned long at = USER_STACK_TOP - 64; at < USER_STACK_TOP; at += 8)
        block |= *(volatile unsigned long *)at;
    report(1, block);

    unsigned short ds, es, fs, gs, cs, ss;
    asm("mov %%ds, %0; mov %%es, %1; mov %%fs, %2" : "=r"(ds), "=r"(es), "=r"(fs));
    asm("mov %%gs, %0; mov %%cs, %1; mov %%ss, %2" : "=r"(gs), "=r"(cs), "=r"(ss));
    report(2, ds);
    report(3, es);
    report(4, fs);
    report(5, gs);
    report(6, cs);
    report(7, ss);
    return 0;
}
