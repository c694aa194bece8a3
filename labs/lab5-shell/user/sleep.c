/*
 * sleep.c - sleeps for a number of seconds.
 */
#include <files.h>

int main(int argc, char **argv)
{
    long seconds = 0;
    for (const char *digit = argc > 1 ? argv[1] : "1"; *digit >= '0' && *digit <= '9'; digit++)
        seconds = seconds * 10 + (*digit - '0');
    sleep_ms(seconds * 1000);
    return 0;
}
