/*
 * output.c - writes to file descriptor 2, and more than one write takes, with NUL
 * bytes among them.
 */
#include <memory_layout.h>
#include <report.h>

static const char text[] = "This is for file descriptor 2.\n";
char bytes[WRITE_MAX + 900];

int main(void)
{
    for (unsigned i = 0; i < sizeof bytes; i++)
        bytes[i] = i % 97 == 96 ? '\0' : (char)('A' + i % 23);
    report(1, (unsigned long)sys_write(2, text, sizeof text - 1));
    long first = sys_write(1, bytes, sizeof bytes);
    long rest = sys_write(1, bytes + WRITE_MAX, sizeof bytes - WRITE_MAX);
    report(2, (unsigned long)first);
    report(3, (unsigned long)rest);
    report(4, (unsigned long)sys_write(1, bytes, 1UL << 40));
    report(5, (unsigned long)sys_write(1, bytes, USER_HALF_END - (unsigned long)bytes));
    return 0;
}
