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
    /* SOLUTION */
    (void)frame;
    while (inb(UART_LINE_STATUS) & UART_HAS_DATA)
        console_typed((char)inb(UART_DATA));
    /* END SOLUTION */
}

int64_t console_read(uint64_t buffer, uint64_t length)
{
    /* SOLUTION */
    static char text[INPUT_SIZE];
    struct console_input *input = &console_input;
    while (input->taken == input->ready)
        sleep_on(&input->readers);

    uint64_t count = 0;
    unsigned at = input->taken;
    char c = 0;
    while (at != input->ready && c != '\n' && count < length) {
        c = input->bytes[at++ % INPUT_SIZE];
        if (c == CTRL_D)
            break;
        text[count++] = c;
    }
    if (c != CTRL_D && c != '\n' && at != input->ready && input->bytes[at % INPUT_SIZE] == CTRL_D)
        at++; /* all that it ends has been read */
    int error = copy_to_user(buffer, text, count);
    if (error)
        return error;
    input->taken = at;
    return (int64_t)count;
    /* END SOLUTION */
}
