/*
 * machine.c - switching off, on both emulators.
 */
#include <console.h>
#include <cpu.h>
#include <machine.h>

#define STATUS_PORT    0xE9   /* a debug console on QEMU and on Bochs */
#define QEMU_PM1A      0x604  /* ACPI PM1a control of QEMU's "pc" machine */
#define QEMU_POWER_OFF 0x2000 /* SLP_EN, SLP_TYP 0: soft off */
#define BOCHS_POWER    0x8900 /* Bochs: the letters "Shutdown" */

_Noreturn void machine_off(enum machine_status status)
{
    console_flush();
    outb(STATUS_PORT, (uint8_t)('0' + status));
    outw(QEMU_PM1A, QEMU_POWER_OFF);
    for (const char *letter = "Shutdown"; *letter; letter++)
        outb(BOCHS_POWER, (uint8_t)*letter);
    for (;;)
        hlt();
}
