/*
 * typist.c - see typist.h.
 *
 * What comes from outside comes at another moment in each run. A UART can hear itself: while
 * UART_LOOP is set, what it sends is what it receives. (PC16550D data sheet, 8.6.7.)
 */
#include <console.h>
#include <console_input.h>
#include <cpu.h>
#include <linux.h>
#include <typist.h>
#include <uart.h>
#include <wait.h>

#define QUEUE_SIZE 16 /* bytes that the UART keeps */

static const char *script;
static size_t left;

void typist_type(const char *text, size_t size)
{
    script = text;
    left = size;
}

/* In the script ^C is Ctrl-C, and ^? the key that erases. */
static char next_key(void)
{
    char key = *script++;
    left--;
    if (key == '^' && left > 0) {
        key = (char)(*script++ ^ 0x40);
        left--;
    }
    return key;
}

/* As many keys as the UART keeps, or up to the end of a line. Whether it was that. */
static bool type_some(void)
{
    char key = ' ';
    console_flush(); /* or it would hear what it still has to send */
    outb(UART_MODEM_CONTROL, UART_READY | UART_LOOP);
    for (int count = 0; count < QUEUE_SIZE && left > 0 && key >= ' '; count++) {
        key = next_key();
        outb(UART_DATA, (uint8_t)key);
        console_flush();
    }
    outb(UART_MODEM_CONTROL, UART_READY);
    return key < ' ' || left == 0;
}

/* Keys are for somebody who reads; Ctrl-C is for somebody who does not. */
static bool is_wanted(void)
{
    return console_input.readers.first || (left > 1 && script[0] == '^' && script[1] == 'C');
}

struct process *next_typing(void)
{
    if (left > 0 && !ready.first && process_first() && is_wanted())
        while (!type_some())
            asm volatile("sti; hlt; cli" : : : "memory"); /* its interrupt is there already */
    struct process *next = next_ready();
    linux_switch(next);
    return next;
}
