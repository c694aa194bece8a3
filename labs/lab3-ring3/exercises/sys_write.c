/*
 * Exercise 3.4: user_range_check, sys_write
 *
 * user_range_check
 * In:  root              a process's page table
 *      address, length   any two numbers: they come from ring 3
 * Out: 0 when ring 3 may read each of the bytes, −EFAULT otherwise; no page
 *      table is made or changed. A length of 0 is always allowed: it gives 0
 *
 * sys_write
 * In:  fd, buffer, length   from ring 3, too
 * Out: how many bytes went to the console: length, at most WRITE_MAX; −EBADF
 *      unless fd is 1 or 2; −EFAULT, and nothing is written, when the range does
 *      not end in the user half, or the program may not read what is to be written
 *
 * The kernel can read everything: it must ask what the program could read. A
 * page is the program's when PTE_P and PTE_U are set on all four levels. The
 * sum of address and length may wrap around. The bytes themselves are read by
 * copy_from_user() only (<user_memory.h>). SDM volume 3A, 4.6.1 ("Determination
 * of Access Rights").
 * Check: make grade ONLY=3.4
 */
#include <console.h>
#include <errno.h>
#include <exercise.h>
#include <page_table.h>
#include <schedule.h>
#include <syscall.h>
#include <user_memory.h>

int user_range_check(phys_t root, uint64_t address, uint64_t length)
{
    todo("3.4");
}

int64_t sys_write(int fd, uint64_t buffer, uint64_t length)
{
    todo("3.4");
}
