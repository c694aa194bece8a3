/*
 * console_input.h - what is typed: from the UART to the process that reads.
 */
#pragma once

#include <file.h>
#include <trap.h>

#define INPUT_SIZE 1024 /* bytes that are typed ahead, at most */
#define CTRL_C     0x03
#define CTRL_D     0x04
#define CTRL_U     0x15
#define DELETE     0x7F

/* A ring of bytes: that with number n lies at bytes[n % INPUT_SIZE]. From `taken` to `ready`
 * are whole lines, which may be read; from `ready` to `end` the line that is being typed.
 * A line ends with '\n', or with CTRL_D, which is not a part of it. */
struct console_input {
    char bytes[INPUT_SIZE];
    unsigned taken, ready, end;
    struct queue readers; /* those that wait for a line */
};

extern struct console_input console_input;

/* Let the UART interrupt when it has received a byte. */
void console_input_init(void);

/* A byte was typed: put it into the ring, show it; erase; wake the readers; Ctrl-C. */
void console_typed(char c);

/* Exercise 5.1. The handler of IRQ_SERIAL: hand every byte that the UART has to console_typed(). */
void serial_interrupt(struct trap_frame *frame);
#define IRQ_SERIAL 4

/* Exercise 5.1. Wait for a line, and take at most `length` bytes of it, 1 at least, for the current
 * process. How many: 0 for a line that has nothing before its CTRL_D; an error of
 * copy_to_user(), and nothing is taken. */
int64_t console_read(uint64_t buffer, uint64_t length);

/* Whom Ctrl-C does not end, but all its descendants: the first that has read from the
 * console. NULL: nobody yet. */
extern struct task *console_owner;
