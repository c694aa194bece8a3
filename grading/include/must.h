/*
 * must.h - for hostile families: a process that sees what must not be exits with the line where it
 * is, and lines of a header have MUST_FROM more.
 */
#pragma once

#define MUST_FROM   0
#define PAGE        4096
#define KERNEL_HALF 0xFFFF800010000000
#define MUST(what)                          \
    do {                                    \
        if (!(what))                        \
            sys_exit(MUST_FROM + __LINE__); \
    } while (0)
