/*
 * exit_large.c - exits with a status that does not fit into a byte.
 */
#include <user.h>

int main(void)
{
    sys_exit(1000);
}
