/*
 * console.c - COM1 is the record; the VGA text screen shows the same.
 */
#include <console.h>
#include <cpu.h>
#include <format.h>
#include <string.h>
#include <types.h>
#include <uart.h>

/* The text screen: 25 rows of 80 cells, a character and a colour each. */
#define SCREEN_ADDRESS 0xB8000
#define SCREEN_ROWS    25
#define SCREEN_COLUMNS 80
#define SCREEN_COLOUR  0x0700 /* light grey on black */
#define CRTC_INDEX     0x3D4
#define CRTC_DATA      0x3D5

static unsigned screen_at; /* the cell that comes next */

bool console_quiet;
void (*console_taken)(char c);

static uint16_t *screen(void)
{
    return phys_to_virt(phys(SCREEN_ADDRESS));
}

static void screen_blank(unsigned from)
{
    for (unsigned i = from; i < SCREEN_ROWS * SCREEN_COLUMNS; i++)
        screen()[i] = SCREEN_COLOUR | ' ';
}

static void screen_put(char c)
{
    if (c == '\n')
        screen_at += SCREEN_COLUMNS - screen_at % SCREEN_COLUMNS;
    else if (c == '\b')
        screen_at -= screen_at > 0;
    else
        screen()[screen_at++] = SCREEN_COLOUR | (uint8_t)c;

    if (screen_at == SCREEN_ROWS * SCREEN_COLUMNS) {
        screen_at -= SCREEN_COLUMNS;
        memcpy(screen(), screen() + SCREEN_COLUMNS, screen_at * sizeof(uint16_t));
        screen_blank(screen_at);
    }
}

static void screen_cursor(void)
{
    outb(CRTC_INDEX, 0x0E);
    outb(CRTC_DATA, (uint8_t)(screen_at >> 8));
    outb(CRTC_INDEX, 0x0F);
    outb(CRTC_DATA, (uint8_t)screen_at);
}

static void serial_put(char c)
{
    while (!(inb(UART_LINE_STATUS) & UART_CAN_SEND))
        ;
    outb(UART_DATA, (uint8_t)c);
}

void console_init(void)
{
    outb(UART_INTERRUPTS, 0);
    outb(UART_LINE_CONTROL, UART_DIVISOR_ACCESS);
    outb(UART_DIVISOR_LOW, 1); /* 115200 baud */
    outb(UART_DIVISOR_HIGH, 0);
    outb(UART_LINE_CONTROL, UART_8N1);
    outb(UART_FIFO_CONTROL, 0x07); /* on, both queues emptied */
    screen_at = 0;
    screen_blank(0);
}

static void put(char c, void *context)
{
    (void)context;
    if (console_taken) {
        console_taken(c);
        return;
    }
    if (c == '\n')
        serial_put('\r');
    serial_put(c);
    screen_put(c);
}

void console_write(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        put(text[i], NULL);
    screen_cursor();
}

int vprintf(const char *text, va_list arguments)
{
    if (console_quiet)
        return 0;
    int length = format(put, NULL, text, arguments);
    screen_cursor();
    return length;
}

int printf(const char *text, ...)
{
    va_list arguments;
    va_start(arguments, text);
    int length = vprintf(text, arguments);
    va_end(arguments);
    return length;
}

void console_last_words(void)
{
    console_quiet = false;
    console_taken = NULL;
}

void console_flush(void)
{
    while (!(inb(UART_LINE_STATUS) & UART_ALL_SENT))
        ;
}
