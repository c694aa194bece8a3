/*
 * ring3_test.c - PID 1: system calls from ring 3, good ones and bad ones.
 */
#include <memory_layout.h>
#include <user.h>

static const char hello[] = "[Ring 3 Test] Hello from Ring 3!\n";

/* Buffers that ring 3 must not read, or that end where it must not. */
static const struct {
    unsigned long buffer, length;
    const char *what;
} bad[] = {
    { 0, 1, "the null page" },
    { KERNEL_BASE, 1, "the kernel's code" },
    { PHYSICAL_MAP_BASE, 1, "physical memory" },
    { KERNEL_HALF_START - 1, 1, "an address that is not canonical" },
    { USER_PROGRAM_END, 1, "nothing at all" },
    { USER_STACK_TOP - 1, 2, "the end of the stack and a byte behind it" },
    { USER_STACK_TOP - 1, -1UL, "a length that wraps around" },
};

static _Noreturn void fail(const char *what, long result)
{
    printf("[Ring 3 Test] FAILED: %s: the result is %ld\n", what, result);
    sys_exit(-1);
}

static _Noreturn void ring3_test_main(void)
{
    int pid = sys_getpid();
    if (pid <= 0)
        fail("sys_getpid", pid);

    long written = sys_write(1, hello, sizeof hello - 1);
    if (written != sizeof hello - 1)
        fail("sys_write of a greeting", written);
    printf("[Ring 3 Test] Hello from user space!\n");
    printf("[Ring 3 Test] Current PID: %d\n", pid);

    for (unsigned i = 0; i < sizeof bad / sizeof *bad; i++) {
        long result = sys_write(1, (const void *)bad[i].buffer, bad[i].length);
        if (result != -EFAULT)
            fail(bad[i].what, result);
    }
    if (sys_write(7, hello, 1) != -EBADF)
        fail("sys_write to a file that is not open", sys_write(7, hello, 1));
    if (system_call(1000, 0, 0, 0) != -ENOSYS)
        fail("an unknown system call", system_call(1000, 0, 0, 0));

    printf("[Ring 3 Test] All tests passed! Exiting...\n");
    sys_exit(pid);
}

int main(void)
{
    ring3_test_main();
}
