/*
 * hidden.h - included before everything else of the kernel.
 *
 * Every symbol, even one that is only declared, lies in the same image: so the
 * compiler addresses it relative to RIP and asks for no global offset table.
 * (-fvisibility=hidden covers definitions only.)
 */
#ifndef __ASSEMBLER__
#pragma GCC visibility push(hidden)
#endif
