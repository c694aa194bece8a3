/*
 * boot_main.c - the way from start.S to the lab's kmain().
 */
#include <boot.h>
#include <console.h>

_Noreturn void boot_main(void);

/* Called by start.S. */
void boot_main(void)
{
    console_init();
    memory_map_init(phys_to_virt(phys(BOOT_INFO_ADDRESS)));
    paging_init();
    kmain();
}
