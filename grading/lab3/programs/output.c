/*
 * output.c - writes to file descriptor 2, and 5000 bytes at once, with NUL bytes
 * among them.
 */
#include <report.h>

static const char text[] = "This is for file descriptor 2.\n";
static char bytes[5000];

int main(void)
{
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = i % 97 == 96 ? '\0' : (char)('A' + i % 23);
    report(1, (unsigned long)sys_write(2, text, sizeof text - 1));
    report(2, (unsigned long)sys_write(1, bytes, sizeof bytes));
    return 0;
}
