/*
 * intruders_memory.h - of intruders.c, the families that are after memory and the processor:
 * execve, mmap, floating point.
 */
#pragma once

#include <files.h>
#include <lab5_calls.h>
#include <must.h>

#undef MUST_FROM
#define MUST_FROM 1000

int main(int argc, char **argv);

static char bytes[2 * PAGE] __attribute__((aligned(PAGE)));
static int status;

static const unsigned long bad_places[] = {
    1,
    PAGE - 2,
    KERNEL_HALF,
    0xFFFF888000000000,
    0x00007FFFFFFFEFFD, /* across the end of the stack */
    0x00007FFFFFFFFFFE, /* and of the half */
    0x8000000000000000,
    ~0UL - 1,
};
#define PLACES (sizeof bad_places / sizeof *bad_places)

static long four(long number, long first, long second, long third, long fourth)
{
    long result;
    register long r10 asm("r10") = fourth;
    asm volatile("int %1"
                 : "=a"(result)
                 : "i"(SYSCALL_VECTOR), "a"(number), "D"(first), "S"(second), "d"(third), "r"(r10)
                 : "memory");
    return result;
}

static char *map(unsigned long size)
{
    return (char *)four(SYS_MMAP, 0, (long)size, 3, 0x22);
}

static long unmap(const void *start, unsigned long size)
{
    return system_call(SYS_MUNMAP, (long)start, (long)size, 0);
}

static void bad_execve(void)
{
    static const char *words[3] = { "cat", NULL, NULL };
    static const char *endless[PAGE / 8];
    char *page = map(PAGE);
    for (unsigned i = 0; i < PLACES; i++) {
        const char *bad = (const char *)bad_places[i];
        MUST(execve(bad, words) < 0 && execve("cat", (const void *)bad) == -EFAULT);
        words[1] = bad; /* the last bytes of the stack are a string */
        MUST(execve("nosuch", words) < 0);
        words[1] = NULL;
    }
    memset(page, 'p', PAGE); /* a path without an end, up to where there is nothing */
    MUST(execve(page + PAGE - 10, words) == -EFAULT && execve(page, words) == -ENAMETOOLONG);
    words[1] = page;
    MUST(execve("cat", words) == -EFAULT || execve("cat", words) == -E2BIG);
    words[1] = NULL;
    for (unsigned i = 0; i < PAGE / 8; i++)
        endless[i] = "a";
    MUST(execve("cat", endless) == -E2BIG);
    MUST(execve("/", words) == -ENOENT && execve("", words) == -ENOENT);
    MUST(execve("poem", words) == -ENOEXEC && execve("processes", words) == -ENOENT);
}

/* Each of them executes itself, with one letter less; see main(). */
static void again(void)
{
    const char *const words[] = { "intruders", "xxxxxx", NULL };
    for (int i = 0; i < 4; i++)
        if (fork() == 0)
            MUST(execve("intruders", words) == 0);
    while (wait4(-1, &status, 0, NULL) > 0)
        MUST(status == 0);
}

static void execve_without_memory(void)
{
    static const char *const words[] = { "true", NULL };
    char *page, *all = NULL;
    while ((page = map(PAGE)) < (char *)-4096) {
        *(char **)page = all;
        all = page;
    }
    MUST((long)page == -ENOMEM);
    for (int i = 0; i < 5; i++)
        MUST(execve("true", words) == -ENOMEM);
    for (int i = 0; i < 10; i++) { /* and now with a page more each time */
        page = all;
        all = *(char **)page;
        MUST(unmap(page, PAGE) == 0 && execve("true", words) == -ENOMEM);
    }
}

static void maps(void)
{
    static const unsigned long sizes[] = { 0, ~0UL, ~0UL - 4095, 1UL << 63, 1UL << 46, 1UL << 32 };
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++)
        MUST((long)map(sizes[i]) == -EINVAL || (long)map(sizes[i]) == -ENOMEM);
    for (unsigned i = 0; i < PLACES; i++)
        MUST(unmap((void *)bad_places[i], PAGE) == -EINVAL);
    MUST(unmap((void *)((long)main & -PAGE), PAGE) == -EINVAL && unmap(bytes, PAGE) == -EINVAL);
    MUST(four(SYS_MMAP, 0x400000, PAGE, 3, 0x32) == -EINVAL); /* MAP_FIXED */
    char *page = map(3 * PAGE);
    for (int i = 0; i < 3 * PAGE; i++)
        MUST(page[i] == 0);
    MUST(unmap(page + 1, PAGE) == -EINVAL && unmap(page, 4 * PAGE) == -EINVAL);
    page[0] = page[2 * PAGE] = 1;
    int pid = fork();
    MUST(unmap(page + PAGE, PAGE) == 0 && unmap(page + PAGE, PAGE) == 0);
    page[0] = pid ? 2 : 3;
    sched_yield();
    MUST(page[0] == (pid ? 2 : 3) && page[2 * PAGE] == 1);
    if (pid == 0)
        page[PAGE] = 1;
    MUST(wait4(pid, &status, 0, NULL) == pid && status == SIGSEGV);
    MUST(read(open("poem", O_RDONLY), page + PAGE, 4) == -EFAULT);
    MUST(unmap(page, 3 * PAGE) == 0);
}

static void processor_state(void)
{
    static const unsigned long bases[] = { 0x800000000000, KERNEL_HALF, ~0UL, 1UL << 63 };
    for (unsigned i = 0; i < sizeof bases / sizeof *bases; i++)
        MUST(system_call(SYS_ARCH_PRCTL, 0x1002, (long)bases[i], 0) == -EINVAL);
    MUST(system_call(SYS_ARCH_PRCTL, 0x1001, (long)bytes, 0) == -EINVAL);
    MUST(system_call(SYS_ARCH_PRCTL, 0x1002, (long)bytes, 0) == 0);
    unsigned mxcsr = 0; /* no exception is masked */
    *(long *)bytes = 42;
    for (int i = 0; i < 2; i++) {
        int pid = fork();
        long value;
        asm volatile("mov %%fs:0, %0" : "=r"(value));
        MUST(value == 42);
        if (pid == 0 && i == 0)
            asm volatile("ldmxcsr %0; pcmpeqd %%xmm0, %%xmm0; sqrtpd %%xmm0, %%xmm0; "
                         "xorpd %%xmm0, %%xmm0; divpd %%xmm0, %%xmm0"
                         :
                         : "m"(mxcsr));
        if (pid == 0) {
            asm volatile("stmxcsr %0" : "=m"(mxcsr));
            sys_exit(mxcsr == 0x1F80 ? 0 : MUST_FROM + __LINE__);
        }
        MUST(wait4(pid, &status, 0, NULL) == pid && (status == 0) == (i == 1));
    }
}

#undef MUST_FROM
#define MUST_FROM 0
