/*
 * typing.c - exercise 5.1: reads lines that it has typed itself, and that somebody else types.
 */
#include <files.h>
#include <memory_layout.h>
#include <lab5_calls.h>
#include <report.h>

#define CODE ((void *)USER_PROGRAM_BASE) /* read-only */

static char line[64];

static void type(const char *keys, unsigned long count)
{
    (void)system_call(CALL_TYPE, (long)keys, (long)count, 0);
}

static void type_text(const char *keys)
{
    type(keys, strlen(keys));
}

/* Read, and report what the result is and the first eight bytes. */
static void get(unsigned what, unsigned long length)
{
    unsigned long word = 0;
    memset(line, 0, sizeof line);
    report(what, (unsigned long)read(0, line, length));
    memcpy(&word, line, sizeof word);
    report(what + 1, word);
}

static void ends_of_lines(void)
{
    type_text("hello\n");
    get(100, sizeof line);
    type_text("abcdef\n");
    get(102, 3);
    get(104, sizeof line);
    type_text("a\nbc\n");
    get(106, sizeof line);
    get(108, sizeof line);
    type_text("\x04");
    get(110, sizeof line);
    type_text("xyz\x04q\n");
    get(112, sizeof line);
    get(114, sizeof line);
    type_text("ab\x7F"
              "c\n");
    get(116, sizeof line);
    type_text("\n");
    get(118, sizeof line);
    type_text("xyz\x04q\n"); /* room for just what Ctrl-D ends */
    get(120, 3);
    get(122, sizeof line);
    type_text("par"); /* no line yet */
    if (fork() == 0) {
        type_text("t\n");
        sys_exit(0);
    }
    get(124, sizeof line);
    wait4(-1, NULL, 0, NULL);
}

static void many(void)
{
    type_text("0123456789abcdef"); /* all that the UART keeps */
    type_text("ghi\n");
    get(200, sizeof line);
    unsigned long wrong = 0;
    for (int i = 0; i < 75; i++) {
        char keys[15] = "0123456789abc?\n";
        keys[13] = (char)('A' + i % 26);
        type(keys, sizeof keys);
        long got = read(0, line, sizeof line);
        wrong += got != sizeof keys || memcmp(line, keys, sizeof keys) != 0;
    }
    report(202, wrong);
}

static void bad_buffers(void)
{
    type_text("keep\n");
    report(300, (unsigned long)read(0, (void *)8, 10));
    report(301, (unsigned long)read(0, (void *)0xFFFF800010000000, 10));
    report(302, (unsigned long)read(0, CODE, 10));
    get(304, sizeof line);
}

/* Who waits is woken, and of two who wait only one gets the line. */
static void waiting(void)
{
    int child = fork();
    if (child == 0) {
        report(400, (unsigned long)system_call(CALL_READER, 0, 0, 0));
        type_text("to you\n");
        sys_exit(0);
    }
    get(402, sizeof line);
    report(401, (unsigned long)sys_getpid());
    wait4(-1, NULL, 0, NULL);
    for (int i = 0; i < 2; i++)
        if (fork() == 0) {
            long got = read(0, line, sizeof line);
            report(410, (unsigned long)got);
            sys_exit(line[0]);
        }
    sched_yield(); /* both wait */
    type_text("1\n");
    int status;
    wait4(-1, &status, 0, NULL);
    report(411, (unsigned)status);
    report(412, system_call(CALL_READER, 0, 0, 0) != 0);
    type_text("22\n");
    wait4(-1, &status, 0, NULL);
    report(413, (unsigned)status);
}

/* Ctrl-C ends one that sleeps, one that waits for a line, and one that runs. */
static void control_c(void)
{
    if (fork() == 0) {
        sleep_ms(1000);
        sys_exit(1);
    }
    if (fork() == 0) {
        (void)read(0, line, sizeof line);
        sys_exit(1);
    }
    if (fork() == 0) {
        type_text("\x03");
        for (;;)
            ;
    }
    int status;
    for (unsigned i = 0; i < 3; i++) {
        report(500 + 2 * i, wait4(-1, &status, 0, NULL) > 0);
        report(501 + 2 * i, (unsigned)status);
    }
    type_text("on\n");
    get(510, sizeof line);
}

int main(void)
{
    ends_of_lines();
    many();
    bad_buffers();
    waiting();
    control_c();
    return 0;
}
