/*
 * exec_test.c - exercise 5.4: turns into another program.
 */
#include <files.h>

int main(void)
{
    printf("[Exec Test] I am PID %d\n", sys_getpid());
    static const char *const words[] = { "echo", "[Exec Test]", "now this is echo", NULL };
    int error = execve("/nosuch", words);
    printf("[Exec Test] execve(\"/nosuch\") = %s, and I go on\n", error_name(error));
    error = execve("/echo", words);
    printf("[Exec Test] FAILED: execve(\"/echo\") = %s\n", error_name(error));
    return 1;
}
