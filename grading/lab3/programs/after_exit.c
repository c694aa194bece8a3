/*
 * after_exit.c - must not come back from sys_exit().
 */
#include <report.h>

int main(void)
{
    system_call(SYS_EXIT, 42, 0, 0);
    report(1, 1);
    return 0;
}
