/*
 * console_input.c - from a byte to a line: what erase, end of file and Ctrl-C do.
 */
#include <console.h>
#include <console_input.h>
#include <cpu.h>
#include <interrupt_tasks.h>
#include <irq.h>
#include <schedule.h>
#include <uart.h>
#include <wait.h>

struct console_input console_input;
struct task *console_owner;

static char *byte(unsigned number)
{
    return &console_input.bytes[number % INPUT_SIZE];
}

static void echo(char c)
{
    if (c >= 0 && c < ' ' && c != '\n') {
        char name[2] = { '^', (char)(c + '@') };
        console_write(name, sizeof name);
    } else {
        console_write(&c, 1);
    }
}

/* A character of UTF-8 is erased as a whole: bytes 10xxxxxx are not its first. */
static bool erase(void)
{
    if (console_input.end == console_input.ready)
        return false;
    char c;
    do
        c = *byte(--console_input.end);
    while ((c & 0xC0) == 0x80 && console_input.end != console_input.ready);
    bool two = c >= 0 && c < ' '; /* it was shown as ^X */
    console_write("\b \b\b \b", two ? 6 : 3);
    return true;
}

static void end_line(char c)
{
    *byte(console_input.end++) = c;
    console_input.ready = console_input.end;
    wake_up(&console_input.readers);
}

/* Forget what was typed, and end what the owner has started; if that is nothing, the owner
 * itself is waiting, and gets an empty line. */
static void interrupt(void)
{
    console_write("^C\n", 3);
    console_input.taken = console_input.ready = console_input.end;
    if (!console_owner || descendants_end(console_owner) == 0)
        end_line('\n');
}

void console_typed(char c)
{
    if (c == '\r') /* what terminals send for the key Enter */
        c = '\n';
    bool is_full = console_input.end - console_input.taken >= INPUT_SIZE - 1;
    switch (c) {
    case CTRL_C:
        interrupt();
        break;
    case CTRL_U:
        while (erase())
            ;
        break;
    case '\b':
    case DELETE:
        (void)erase();
        break;
    case '\n':
    case CTRL_D:
        if (console_input.end - console_input.taken == INPUT_SIZE)
            break;
        if (c == '\n')
            echo(c);
        end_line(c);
        break;
    default:
        if (is_full) /* the last place is for the end of the line */
            break;
        echo(c);
        *byte(console_input.end++) = c;
    }
}

static void interrupted(struct trap_frame *frame)
{
    serial_interrupt(frame);
    end_interrupted(); /* perhaps it was Ctrl-C, and the process that ran is to end */
}

void console_input_init(void)
{
    console_input.taken = console_input.ready = console_input.end = 0;
    irq_register(IRQ_SERIAL, interrupted);
    outb(UART_MODEM_CONTROL, UART_READY);
    outb(UART_INTERRUPTS, UART_ON_DATA);
}
