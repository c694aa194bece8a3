/*
 * linux.h - what a static program for Linux wants beside the system calls: the `syscall`
 * instruction, floating point, thread-local storage (the base address of FS).
 */
#pragma once

#ifndef __ASSEMBLER__

#include <file.h>

/* MSRs: SDM volume 4, table 2-2; bits of the control registers: volume 3A, 2.5. */
#define MSR_STAR     0xC0000081
#define MSR_LSTAR    0xC0000082
#define MSR_FMASK    0xC0000084
#define MSR_FS_BASE  0xC0000100
#define EFER_SCE     0x001
#define CR0_MP       0x002
#define CR4_OSFXSR   0x200 /* fxsave and SSE */
#define CR4_OSXMMEXC 0x400 /* their exceptions are #XM */

/* What fxsave stores: SDM volume 1, 10.5.1. */
struct fpu_state {
    uint16_t control;
    uint8_t other[22];
    uint32_t mxcsr;
    uint8_t registers[484];
} __attribute__((aligned(16)));

_Static_assert(sizeof(struct fpu_state) == 512, "fxsave: 512 bytes");

/* What this adds to a user, in the second half of its record. */
struct linux_user {
    struct fpu_state fpu;
    uint64_t fs_base;
    uint64_t mapped_end; /* mmap() gives addresses from MMAP_BASE up to here, and on */
};

#define LINUX_AT  2048
#define MMAP_BASE 0x10000000000

_Static_assert(sizeof(struct user) <= LINUX_AT, "the second half of a record is linux_user's");

static inline struct linux_user *linux_of(const struct task *task)
{
    return (struct linux_user *)((uint64_t)task + LINUX_AT);
}

/* Switch all of that on, and have Linux's further system calls answered. */
void linux_init(void);
void linux_calls_init(void);

/* The task starts a program: floating point as after reset, no FS base, nothing from mmap(). */
void linux_start(struct task *task);

/* A child has the same of them as the current process. */
void linux_inherit(struct task *child);

/* For schedule_use(): `process` runs next, the task has ended. */
void linux_switch(struct process *process);
void linux_ended(const struct task *task);

/* Where `syscall` leads: linux_entry.S. */
void linux_entry(void);

#endif

/* In struct process, for assembly; linux.c has the compiler hold it against the structure. */
#define PROCESS_KERNEL_STACK 24
