/*
 * Exercise 3.6: process_fault
 *
 * In:  frame   an exception that happened in ring 3
 * Out: does not return. One line on the console, such as
 *      "#GP in PID 3: general protection, error code 0, rip 0x400032, CPL 3"
 *      with the exception's own mnemonic, name and numbers; then the process is
 *      ended, and no other: the kernel goes on.
 *
 * The words are in <trap.h>: trap_mnemonic(), trap_name().
 * SDM volume 3A, 6.2 table 6-1, and 6.13 ("Error Code").
 * Check: make grade ONLY=3.6
 */
#include <console.h>
#include <exercise.h>
#include <schedule.h>
#include <trap.h>

void process_fault(struct trap_frame *frame)
{
    todo("3.6");
}
