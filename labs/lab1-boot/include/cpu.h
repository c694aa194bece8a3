/*
 * cpu.h - one instruction, one inline function.
 */
#pragma once

#include <stdint.h>
#include <stdbool.h>

#define RFLAGS_RESERVED 0x002  /* bit 1 is always 1 */
#define RFLAGS_IF       0x200  /* interrupts enabled */
#define RFLAGS_IOPL     0x3000 /* the rings that may use cli, sti and all ports: up to this */
#define RFLAGS_DF       0x400  /* strings go downwards; the System V ABI wants it clear */

static inline void outb(uint16_t port, uint8_t value)
{
    asm volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline void outw(uint16_t port, uint16_t value)
{
    asm volatile("outw %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
    uint8_t value;
    asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void hlt(void)
{
    asm volatile("hlt" : : : "memory");
}

/* The linear address of the last page fault. */
static inline uint64_t read_cr2(void)
{
    uint64_t value;
    asm volatile("mov %%cr2, %0" : "=r"(value));
    return value;
}

/* The physical address of the PML4 in use. */
static inline uint64_t read_cr3(void)
{
    uint64_t value;
    asm volatile("mov %%cr3, %0" : "=r"(value));
    return value;
}

static inline void write_cr3(uint64_t value)
{
    asm volatile("mov %0, %%cr3" : : "r"(value) : "memory");
}

static inline uint64_t read_cr4(void)
{
    uint64_t value;
    asm volatile("mov %%cr4, %0" : "=r"(value));
    return value;
}

static inline void write_cr4(uint64_t value)
{
    asm volatile("mov %0, %%cr4" : : "r"(value) : "memory");
}

/* Forget what the TLB knows about the page of `address`. */
static inline void invlpg(uint64_t address)
{
    asm volatile("invlpg (%0)" : : "r"(address) : "memory");
}

/* What lgdt and lidt read: SDM volume 3A, 2.4.1 and 2.4.3. */
struct table_register {
    uint16_t limit; /* size in bytes, minus 1 */
    uint64_t base;  /* linear address */
} __attribute__((packed));

_Static_assert(sizeof(struct table_register) == 10, "2 + 8 bytes");

static inline void lidt(const struct table_register *value)
{
    asm volatile("lidt %0" : : "m"(*value) : "memory");
}

static inline struct table_register sgdt(void)
{
    struct table_register value;
    asm volatile("sgdt %0" : "=m"(value));
    return value;
}

static inline struct table_register sidt(void)
{
    struct table_register value;
    asm volatile("sidt %0" : "=m"(value));
    return value;
}

/* Load the task register with a selector. SDM volume 3A, 2.4.4. */
static inline void ltr(uint16_t selector)
{
    asm volatile("ltr %0" : : "r"(selector) : "memory");
}

/* Load LDTR with a selector; 0: there is no local table. SDM volume 3A, 2.4.2. */
static inline void lldt(uint16_t selector)
{
    asm volatile("lldt %0" : : "r"(selector) : "memory");
}

/* Let ring 0 use ring 3's pages, and forbid it again: RFLAGS.AC, which counts while
 * CR4_SMAP is set. #UD where there is no SMAP. SDM volume 3A, 4.6.1. */
static inline void stac(void)
{
    asm volatile("stac" : : : "memory", "cc");
}

static inline void clac(void)
{
    asm volatile("clac" : : : "memory", "cc");
}

static inline uint16_t str(void)
{
    uint16_t value;
    asm volatile("str %0" : "=r"(value));
    return value;
}

static inline uint16_t read_cs(void)
{
    uint16_t value;
    asm volatile("movw %%cs, %0" : "=r"(value));
    return value;
}

static inline uint16_t read_ss(void)
{
    uint16_t value;
    asm volatile("movw %%ss, %0" : "=r"(value));
    return value;
}

static inline uint16_t read_ds(void)
{
    uint16_t value;
    asm volatile("movw %%ds, %0" : "=r"(value));
    return value;
}

static inline uint16_t read_es(void)
{
    uint16_t value;
    asm volatile("movw %%es, %0" : "=r"(value));
    return value;
}

static inline void int3(void)
{
    asm volatile("int3" : : : "memory");
}

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};

/* What the processor says of itself. SDM volume 2A, CPUID. */
static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid is;
    asm volatile("cpuid"
                 : "=a"(is.eax), "=b"(is.ebx), "=c"(is.ecx), "=d"(is.edx)
                 : "a"(leaf), "c"(subleaf));
    return is;
}
