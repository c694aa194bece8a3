/*
 * boot_main.c - the way from start.S to the lab's kmain().
 */
#include <boot.h>
#include <console.h>
#include <cpu_protect.h>
#include <paging_bits.h>

_Noreturn void boot_main(void);

/* Called by start.S. */
void boot_main(void)
{
    console_init();
    memory_map_init(phys_to_virt(phys(BOOT_INFO_ADDRESS)));
    paging_init();
    cpu_protect(CR4_MCE | CR4_UMIP | CR4_SMEP); /* SMAP: with lab 3's copy_from_user() */
    kmain();
}
