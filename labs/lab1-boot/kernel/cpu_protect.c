/*
 * cpu_protect.c - see cpu_protect.h.
 *
 * Setting a bit of CR4 that the processor does not have is a #GP (SDM volume 3A,
 * 2.5), so ask CPUID first: leaves 1 and 7, if it has them (volume 2A, CPUID).
 */
#include <cpu.h>
#include <cpu_protect.h>
#include <paging_bits.h>

bool cpu_smap;

static uint64_t cpu_has(void)
{
    uint32_t leaves = cpuid(0, 0).eax;
    uint64_t has = cpuid(1, 0).edx & 1 << 7 ? CR4_MCE : 0;
    if (leaves < 7)
        return has;
    struct cpuid features = cpuid(7, 0);
    if (features.ebx & 1 << 7)
        has |= CR4_SMEP;
    if (features.ebx & 1 << 20)
        has |= CR4_SMAP;
    if (features.ecx & 1 << 2)
        has |= CR4_UMIP;
    return has;
}

void cpu_protect(uint64_t wanted)
{
    write_cr4(read_cr4() | (wanted & cpu_has()));
    cpu_smap = read_cr4() & CR4_SMAP;
}
