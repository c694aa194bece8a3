/*
 * For make bench: what the kernel costs a program. grading/lab3/bench.txt looks at null_call()
 * and write_bytes() from outside; beside many processes (growth.c) the program counts itself.
 */
#include <stdint.h>
#include <user.h>

static uint64_t now(void)
{
    uint32_t low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

/* Wait for a tick. What comes next is undisturbed until the next one, 50 ms later. */
static uint64_t tick(void)
{
    uint64_t before = now(), usual = now() - before, gap;
    do {
        before = now();
        gap = now() - before;
    } while (gap < 8 * usual);
    return gap - usual;
}

__attribute__((noinline)) int null_call(void)
{
    return sys_getpid();
}

__attribute__((noinline)) long write_bytes(size_t length)
{
    return sys_write(1, "sixty-four bytes, which lie in one page and end with a newline.\n",
                     length);
}

int main(void)
{
    (void)null_call(); /* the first call of a program is announced */
    uint64_t ticked = tick();
    uint64_t before = now(), usual = now() - before;
    before = now();
    (void)null_call();
    uint64_t called = now() - before - usual;
    (void)write_bytes(1);
    (void)write_bytes(64);
    printf("null call: %lu\n", called);
    printf("tick: %lu\n", ticked);
    asm volatile("cli"); /* a fault that kills */
    return 1;
}
