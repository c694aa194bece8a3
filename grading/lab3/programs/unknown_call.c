/*
 * unknown_call.c - system calls that do not exist.
 */
#include <report.h>

int main(void)
{
    static const long numbers[] = { 0,
                                    2,
                                    38,
                                    40,
                                    59,
                                    61,
                                    1000,
                                    -1,
                                    0x7FFFFFFFFFFFFFFF,
                                    SYS_GETPID + 256,
                                    SYS_GETPID + 65536,
                                    SYS_WRITE + (1L << 32) };
    for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
        report((unsigned long)numbers[i], (unsigned long)system_call(numbers[i], 0, 0, 0));
    return 0;
}
