/*
 * program.h - the programs that are packed into the kernel's image.
 */
#pragma once

#include <process.h>
#include <stddef.h>
#include <stdint.h>

/* One entry of the table; user/program.S makes it, PROGRAMS= says for which. */
struct program {
    const char *name;
    const uint8_t *image; /* an ELF file */
    size_t size;          /* bytes */
};

/* The table, from the linker script, in the order of PROGRAMS=. */
extern const struct program programs_start[], programs_end[];

/* Make a process from a static ELF file of `size` bytes; it is PROCESS_READY.
 * Each segment is mapped with its own permissions. The image is copied.
 * Its PID; −ENOEXEC: the file is malformed, or not one that this kernel runs;
 * −ENOMEM; −EAGAIN. When it fails, nothing of it is left. */
pid_t process_load(const void *image, size_t size);

/* Its two halves, for later labs: check the file, and map its segments in a page table. When
 * mapping fails, what was mapped until then stays. */
int program_check(const void *image, size_t size, uint64_t *entry_point);
int program_map(phys_t root, const void *image);
