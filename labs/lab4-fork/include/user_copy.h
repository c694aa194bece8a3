/*
 * user_copy.h - writing to a program's memory.
 */
#pragma once

#include <stddef.h>
#include <types.h>

/* Copy `size` bytes from the kernel to `address` in the current process. 0; −EFAULT: ring 3
 * may not write to all of them (some may have been written); −ENOMEM: no frame for a
 * page that is shared. */
int copy_to_user(uint64_t address, const void *source, size_t size);
