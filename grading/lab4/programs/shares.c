/*
 * shares.c - exercise 4.6: who sees which value, how many frames a write takes, and what may
 * not be written at all.
 */
#include <lab4_calls.h>
#include <processes.h>
#include <report.h>

int main(void); /* read-only, for it is code */

#define PAGE 4096

/* A page each, so that a write to one is not a write to another. */
static volatile unsigned long parents[PAGE / 8] __attribute__((aligned(PAGE))) = { 1 };
static volatile unsigned long childs[PAGE / 8] __attribute__((aligned(PAGE))) = { 1 };
static volatile unsigned long last[PAGE / 8] __attribute__((aligned(PAGE))) = { 1 };
static int status[PAGE / 4] __attribute__((aligned(PAGE))) = { 1 };

static void look(unsigned long what)
{
    system_call(CALL_LOOK, (long)what, 0, 0);
}

/* Each writes to a page of its own after the fork; the TLB knows the parent's as writable. */
static void values(void)
{
    parents[0] = childs[0] = last[0] = 10;
    int pid = fork();
    if (pid == 0) {
        report(100, parents[0]); /* the parent has written 11 by now */
        childs[0] = 12;
        report(101, childs[0]);
        sys_exit(0);
    }
    look(1);
    parents[0] = 11;
    look(2); /* one frame less */
    parents[1] = 11;
    look(3); /* no other one */
    (void)wait4(pid, NULL, 0, NULL);
    report(102, parents[0]);
    report(103, childs[0]);
    look(4);
    last[0] = 13; /* nobody else has it any more */
    look(5);      /* no frame less */
    report(104, last[0]);
}

/* Three owners: each has its own value in the end. */
static void three(void)
{
    last[0] = 20;
    int first = fork();
    if (first == 0) {
        sched_yield();
        last[0]++;
        report(200, last[0]);
        sys_exit(0);
    }
    int second = fork();
    if (second == 0) {
        sched_yield();
        last[0] += 2;
        report(201, last[0]);
        sys_exit(0);
    }
    last[0] += 3;
    (void)wait4(first, NULL, 0, NULL);
    (void)wait4(second, NULL, 0, NULL);
    report(202, last[0]);
}

/* The kernel writes, too: a status into a page that another child shares. */
static void kernel_writes(void)
{
    status[0] = 30;
    int other = fork();
    if (other == 0) {
        sched_yield();
        sched_yield();
        report(300, (unsigned)status[0]);
        sys_exit(0);
    }
    int pid = fork();
    if (pid == 0)
        sys_exit(7);
    report(301, (unsigned long)wait4(pid, status, 0, NULL) - (unsigned long)pid);
    report(302, (unsigned)status[0]);
    (void)wait4(other, NULL, 0, NULL);
}

/* Code stays read-only, in the child and for the kernel. */
static void read_only(void)
{
    int pid = fork();
    if (pid == 0) {
        *(volatile char *)main = 0;
        sys_exit(0);
    }
    report(400, (unsigned long)wait4(pid, (int *)main, 0, NULL));
    report(401, (unsigned long)wait4(pid, status, 0, NULL) - (unsigned long)pid);
    report(402, (unsigned)status[0]);
}

/* No frame for a copy: the child dies of its write, and nobody else. */
static void no_frame(void)
{
    last[0] = 50;
    int pid = fork();
    if (pid == 0) {
        system_call(CALL_HOARD, 0, 0, 0);
        last[0] = 51;
        report(500, last[0]); /* never */
        sys_exit(0);
    }
    report(501, (unsigned long)wait4(pid, status, 0, NULL) - (unsigned long)pid);
    system_call(CALL_HOARD, -1, 0, 0);
    report(502, (unsigned)status[0]);
    report(503, last[0]);
    last[0] = 52;
    report(504, last[0]);
}

/* Deep: each forks the next, and each writes. */
static void chain(unsigned depth)
{
    if (depth == 0)
        return;
    int pid = fork();
    if (pid == 0) {
        last[0] += 1;
        chain(depth - 1);
        report(600 + depth, last[0]);
        sys_exit(0);
    }
    (void)wait4(pid, NULL, 0, NULL);
}

int main(void)
{
    values();
    three();
    kernel_writes();
    read_only();
    no_frame();
    last[0] = 60;
    chain(4);
    report(600, last[0]);
    return 0;
}
