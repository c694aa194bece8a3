/*
 * report.h - what a test program in ring 3 tells the harness.
 *
 * It asks for a system call that does not exist. The kernel refuses it; the
 * emulator has recorded the registers at the `int 0x80`, and no kernel can
 * change that record.
 */
#pragma once

#include <report_number.h>
#include <user.h>

static inline void report(unsigned long what, unsigned long value)
{
    (void)system_call(REPORT_NUMBER, (long)what, (long)value, 0);
}
