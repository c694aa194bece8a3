/*
 * exit_negative.c - exits with a negative status.
 */
#include <user.h>

int main(void)
{
    sys_exit(-7);
}
