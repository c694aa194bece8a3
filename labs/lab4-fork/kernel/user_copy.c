/*
 * user_copy.c - to a program's memory, where the program itself could write.
 */
#include <copy_on_write.h>
#include <errno.h>
#include <schedule.h>
#include <syscall.h>
#include <user_copy.h>
#include <user_memory.h>

/* Ring 3 may read the page already: may it write, now or after its sharing is broken? */
static int page_make_writable(phys_t root, uint64_t page)
{
    const pte_t *entry = page_table_walk(root, page, 1, false);
    if (*entry & PTE_W)
        return 0;
    return *entry & PTE_COPY ? cow_fault(root, page) : -EFAULT;
}

int copy_to_user(uint64_t address, const void *source, size_t size)
{
    phys_t root = current_process()->page_table;
    int error = user_range_check(root, address, size);
    for (uint64_t page = align_down(address, PAGE_SIZE); !error && page < address + size;
         page += PAGE_SIZE)
        error = page_make_writable(root, page);
    if (!error)
        error = user_memory_copy((void *)address, source, size) == 0 ? 0 : -EFAULT;
    return error;
}
