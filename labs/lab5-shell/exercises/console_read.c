/*
 * Exercise 5.1: serial_interrupt, console_read
 *
 * serial_interrupt
 * In:  frame   where IRQ 4 came, in ring 3 or while nobody could run
 * Out: each byte that the UART holds was read from UART_DATA, in their order, and given to
 *      console_typed(). UART_LINE_STATUS says with UART_HAS_DATA whether there is one
 *
 * console_read
 * In:  buffer, length   from ring 3; length is not 0
 * Out: how many bytes of the first line the process has got, at most `length`; what it did not
 *      get of the line is there for the next read. While there is no line it waits in
 *      console_input.readers. A line ends with '\n', which is its last byte, or before a CTRL_D,
 *      which is taken and given to nobody: "abc" CTRL_D gives 3 (also where there is room for 3
 *      only, and it is taken even so), CTRL_D alone 0.
 *      An error of copy_to_user(): nothing was taken
 *
 * The interrupt controller reports a line that rises. As long as a byte is left in the UART, its
 * line stays high: leave one there, and no other will be heard of. (8259A data sheet, "Edge
 * Triggered Mode".) After sleep_on() look again: another reader may have been quicker.
 * The ring is described in <console_input.h>.
 * Check: make grade ONLY=5.1
 */
#include <console_input.h>
#include <cpu.h>
#include <exercise.h>
#include <uart.h>
#include <user_copy.h>
#include <wait.h>

void serial_interrupt(struct trap_frame *frame)
{
    todo("5.1");
}

int64_t console_read(uint64_t buffer, uint64_t length)
{
    todo("5.1");
}
