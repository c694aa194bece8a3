/*
 * exit_pid.c - exits with its own PID as status.
 */
#include <user.h>

int main(void)
{
    sys_exit(sys_getpid());
}
