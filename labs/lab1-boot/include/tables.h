/*
 * tables.h - all of lab 1 in one call, for the kernels of later labs.
 */
#pragma once

/* Set up GDT, TSS, IDT and the IST stacks; stops at an exercise that is
 * unwritten or wrong. */
void tables_init(void);
