/*
 * uart.h - the serial port: registers of the UART 16550, from COM1 on. (PC16550D data sheet.)
 */
#pragma once

#define COM1               0x3F8
#define UART_DATA          (COM1 + 0)
#define UART_DIVISOR_LOW   (COM1 + 0) /* while UART_DIVISOR_ACCESS is set */
#define UART_DIVISOR_HIGH  (COM1 + 1)
#define UART_INTERRUPTS    (COM1 + 1)
#define UART_FIFO_CONTROL  (COM1 + 2)
#define UART_LINE_CONTROL  (COM1 + 3)
#define UART_MODEM_CONTROL (COM1 + 4)
#define UART_LINE_STATUS   (COM1 + 5)

#define UART_8N1            0x03 /* line control: 8 bits, no parity, 1 stop bit */
#define UART_DIVISOR_ACCESS 0x80

#define UART_HAS_DATA 0x01 /* line status: a byte has been received */
#define UART_CAN_SEND 0x20
#define UART_ALL_SENT 0x40

#define UART_ON_DATA 0x01 /* interrupts: when a byte has been received */
#define UART_READY   0x0B /* modem control: DTR, RTS, and OUT2, which lets its interrupts out */
#define UART_LOOP    0x10 /* modem control: what is sent is received */
