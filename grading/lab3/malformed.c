/*
 * malformed.c - ELF files that the loader must refuse, each wrong in one place.
 * Not an exercise's test: tests/test_loader.py reads what is observed.
 */
#include <boot.h>
#include <elf.h>
#include <frame.h>
#include <memory_layout.h>
#include <observe.h>
#include <program.h>
#include <schedule.h>
#include <string.h>
#include <tables.h>

static uint8_t image[0x8000] __attribute__((aligned(16)));
static Elf64_Ehdr *const elf = (Elf64_Ehdr *)image;
static Elf64_Phdr *first;
static size_t size;

static void fresh(void)
{
    size = programs_start->size;
    memcpy(image, programs_start->image, size);
    first = (Elf64_Phdr *)(image + elf->e_phoff);
}

/* Change one thing in a fresh copy, load it, and note what came of it. */
#define TRY(what, change)                                    \
    do {                                                     \
        fresh();                                             \
        uint64_t frames = frame_free_count();                \
        change;                                              \
        observe(what, (uint64_t)process_load(image, size));  \
        observe("frames lost", frames - frame_free_count()); \
        observe("processes", process_first() != NULL);       \
    } while (0)

_Noreturn void all_processes_ended(void)
{
    observed_all();
}

_Noreturn void kmain(void)
{
    tables_init();
    TRY("no magic number", image[0] = 'E');
    TRY("32-bit", image[4] = 1);
    TRY("big-endian", image[5] = 2);
    TRY("empty", size = 0);
    TRY("cut in the header", size = 40);
    TRY("cut in the program headers", size = 80);
    TRY("cut in a segment", size = first->p_offset + first->p_filesz - 1);
    TRY("relocatable", elf->e_type = 1);
    TRY("dynamic", elf->e_type = 3);
    TRY("another machine", elf->e_machine = 183);
    TRY("program headers behind the file", elf->e_phoff = size + 8);
    TRY("program headers that wrap around", elf->e_phoff = -8UL);
    TRY("unaligned program headers", elf->e_phoff += 4);
    TRY("65535 program headers", elf->e_phnum = 65535);
    TRY("no program headers", elf->e_phnum = 0);
    TRY("program headers of another size", elf->e_phentsize = 32);
    TRY("entry point outside of the code", elf->e_entry = 0x10000);
    TRY("entry point in the kernel", elf->e_entry = KERNEL_BASE);
    TRY("more bytes in the file than in memory", first->p_memsz = first->p_filesz - 1);
    TRY("offset behind the file", first->p_offset = size + 1);
    TRY("offset that wraps around", first->p_offset = -16UL);
    TRY("file size that wraps around", first->p_filesz = first->p_memsz = -1UL);
    TRY("segment in the null page", first->p_vaddr = 0);
    TRY("segment in the kernel half", first->p_vaddr = KERNEL_BASE);
    TRY("segment that reaches the stack", first->p_memsz = USER_STACK_TOP);
    TRY("segment that wraps around", first->p_memsz = -first->p_vaddr);
    TRY("writable code", first->p_flags = PF_R | PF_W | PF_X);
    TRY("no code at all", first->p_flags = PF_R);
    TRY("two segments in one page", first[1].p_vaddr = first->p_vaddr + 16);
    TRY("more memory than there is", (first->p_memsz = 1UL << 30, first[1].p_type = 0));

    fresh();
    observe("as it is", (uint64_t)process_load(image, size));
    observed_all();
}
