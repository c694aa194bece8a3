/*
 * elf.h - the parts of an ELF file that the loader reads, with the names of
 * the System V ABI ("Object Files", chapter 4; "Program Loading", chapter 5).
 */
#pragma once

#include <stdint.h>

typedef struct {
    uint8_t e_ident[16];
    uint16_t e_type;
    uint16_t e_machine;
    uint32_t e_version;
    uint64_t e_entry; /* where the program starts */
    uint64_t e_phoff; /* where the program headers are in the file */
    uint64_t e_shoff;
    uint32_t e_flags;
    uint16_t e_ehsize;
    uint16_t e_phentsize;
    uint16_t e_phnum; /* how many program headers */
    uint16_t e_shentsize;
    uint16_t e_shnum;
    uint16_t e_shstrndx;
} Elf64_Ehdr;

typedef struct {
    uint32_t p_type;
    uint32_t p_flags;
    uint64_t p_offset; /* in the file */
    uint64_t p_vaddr;  /* in memory */
    uint64_t p_paddr;
    uint64_t p_filesz; /* bytes in the file */
    uint64_t p_memsz;  /* bytes in memory: the rest is zeroes */
    uint64_t p_align;
} Elf64_Phdr;

_Static_assert(sizeof(Elf64_Ehdr) == 64, "System V ABI: 64 bytes");
_Static_assert(sizeof(Elf64_Phdr) == 56, "System V ABI: 56 bytes");

/* The first seven bytes: magic number, 64-bit, little-endian, version 1. */
#define ELF_IDENT "\177ELF\2\1\1"
#define ET_EXEC   2 /* linked to a fixed address */
#define EM_X86_64 62
#define PT_LOAD   1
#define PT_INTERP 3 /* names the program that is to load this one */
#define PF_X      1
#define PF_W      2
#define PF_R      4
