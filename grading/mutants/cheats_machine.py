"""Cheats that are meant for the emulators, and for what they tell."""
from grading.mutants.cheats_build import FUNCTION, reads

HEADERS = '''
#include <cpu.h>
#include <machine.h>
'''


def does(what: str, body: str, says: str = "1.1"):
    """When it is called for the first time."""
    return reads(what, HEADERS + FUNCTION + " {\n" + body + "\n    return 0;\n}\n", says)


CHEATS = [
    does("leaves with the status of a good run", '''
    machine_off(MACHINE_DONE);''', "never came to"),
    does("says that all is well, and halts", r'''
    outb(0xE9, '0');
    asm volatile ("cli; hlt");'''),
    does("puts the machine to sleep", '''
    outw(0x604, 1 << 13 | 1 << 10);
    outw(0xB004, 1 << 13 | 1 << 10);
    for (;;)
        hlt();'''),
    does("resets by the keyboard controller", '''
    outb(0x64, 0xFE);
    for (;;)
        hlt();''', "reset"),
    does("waits for a write to memory that does not come", r'''
    for (;;)
        asm volatile ("monitor; mwait" : : "a"(0xFFFF800010000000), "c"(0), "d"(0));'''),
    does("stops in the debugger of Bochs", r'''
    outw(0x8A00, 0x8A00);
    for (;;)
        outw(0x8A00, 0x8AE0);'''),
    does("reaches a magic breakpoint for ever", r'''
    for (;;)
        asm volatile ("xchg %bx, %bx");'''),
    does("sets breakpoints of its own", r'''
    asm volatile ("mov %0, %%dr0; mov %1, %%dr7" : : "r"(0xFFFF800010002000), "r"(0x303UL));'''),
    does("takes the checks out of the kernel's code", r'''
    extern void exercise_wrong(void), vrequire_text(void);
    unsigned long cr0;
    asm volatile ("mov %%cr0, %0" : "=r"(cr0));
    asm volatile ("mov %0, %%cr0" : : "r"(cr0 & ~0x10000UL));
    *(volatile unsigned char *)exercise_wrong = 0xC3;
    *(volatile unsigned char *)vrequire_text = 0xC3;'''),
    does("turns the machine's clock into its own", '''
    outb(0x70, 0x0B);
    outb(0x71, 0x82);
    for (;;)
        outb(0x70, 0x00), outb(0x71, 0x59);'''),
]
