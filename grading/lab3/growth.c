/*
 * growth.c - what things cost beside 1, 10, 100, … processes, for make bench.
 *
 * Prints "processes N", then "what: count" for each thing, in units of the time-stamp
 * counter. The program that runs beside it, which measures system calls, does the same.
 */
#include <console.h>
#include <errno.h>
#include <lab3.h>
#include <panic.h>
#include <program.h>
#include <syscall.h>
#include <timer.h>

#define PROCESSES_MAX 10000 /* after that as many as there can be */

static unsigned live, next = 1; /* processes; how many there are to be next time */
static bool full;

static uint64_t now(void)
{
    uint32_t low, high;
    asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
    return (uint64_t)high << 32 | low;
}

static void print_since(const char *what, uint64_t before)
{
    uint64_t took = now() - before, start = now();
    printf("%s: %lu\n", what, took - (now() - start));
}

/* Create processes until there are so many, or no more fit: then the last ones make room. */
static void create(unsigned count)
{
    pid_t last = 0;
    while (live < count && !full) {
        pid_t pid = create_process(USER_PROGRAM_BASE);
        full = pid < 0;
        last = full ? last : pid;
        live += !full;
    }
    for (pid_t pid = last; full && pid > last - 3; pid--)
        live -= destroy_process(pid) == 0;
}

static void measure(void)
{
    uint64_t start = now();
    pid_t pid = create_process(USER_PROGRAM_BASE);
    print_since("create_process", start);

    start = now();
    (void)process_find(pid);
    print_since("process_find, the last", start);

    start = now();
    (void)process_find(process_first()->pid);
    print_since("process_find, the first", start);

    start = now();
    phys_t frame = frame_alloc();
    print_since("frame_alloc", start);

    start = now();
    (void)frame_free_count();
    print_since("frame_free_count", start);

    start = now();
    frame_free(frame);
    print_since("frame_free", start);

    start = now();
    (void)destroy_process(pid);
    print_since("destroy_process, the last", start);
}

/* One round: grow, measure, let the program run. Its end leads to the next round. */
static _Noreturn void next_round(void)
{
    create(next - 1); /* the program is a process, too */
    printf("processes %u\n", live + 1);
    measure();
    pid_t pid = process_load(programs_start->image, programs_start->size);
    if (pid < 0)
        panic("cannot load the program: %s", error_name(pid));
    next = next < PROCESSES_MAX ? next * 10 : UINT32_MAX;
    schedule();
}

_Noreturn void all_processes_ended(void)
{
    if (full)
        machine_off(MACHINE_DONE);
    next_round();
}

_Noreturn void kmain(void)
{
    lab3_start();
    exceptions_init();
    syscall_init();
    timer_init();
    next_round();
}
