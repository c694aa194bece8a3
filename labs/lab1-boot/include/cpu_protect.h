/*
 * cpu_protect.h - protections that not every processor has.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Of the bits CR4_MCE, CR4_UMIP, CR4_SMEP and CR4_SMAP in `wanted`, set in CR4 those that
 * this processor has. read_cr4() says which they are. */
void cpu_protect(uint64_t wanted);

/* Whether CR4_SMAP is set; only then may stac() and clac() be used. */
extern bool cpu_smap;
