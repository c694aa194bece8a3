/* nothing.c - a program that only the tests of this lab boot. */
#include <user.h>

int main(void)
{
    return 0;
}
