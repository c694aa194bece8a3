/*
 * waits.c - exercise 4.5: what wait4() gives, for every kind of child and argument.
 */
#include <lab4_calls.h>
#include <processes.h>
#include <report.h>

int main(void); /* read-only, for it is code */

static int status;

/* A child that ends so; its PID. */
static int child_exits(int value)
{
    int pid = fork();
    if (pid == 0)
        sys_exit(value);
    return pid;
}

static void report_wait(unsigned what, int pid, int *where, int options)
{
    status = 0x5A5A5A5A;
    report(what, (unsigned long)wait4(pid, where, options, NULL));
    report(what + 1, (unsigned)status);
}

static void bad_arguments(void)
{
    report(100, (unsigned long)wait4(-1, &status, 0, NULL));           /* no child */
    report(101, (unsigned long)wait4(sys_getpid(), &status, 0, NULL)); /* itself */
    int pid = child_exits(1);
    report(102, (unsigned long)wait4(0, &status, 0, NULL));
    report(103, (unsigned long)wait4(-2, &status, 0, NULL));
    report(104, (unsigned long)wait4(pid, &status, 2, NULL));
    report(105, (unsigned long)wait4(pid, &status, 0, &status));
    report(106, (unsigned long)wait4(pid + 1000, &status, 0, NULL));
    report(107, (unsigned long)wait4(pid, (int *)0xFFFF800010000000, 0, NULL));
    report(108, (unsigned long)wait4(pid, (int *)8, 0, NULL));
    report(109, (unsigned long)wait4(pid, (int *)main, 0, NULL)); /* read-only */
    report(110, (unsigned long)wait4(pid, (int *)0x00007FFFFFFFEFFE, 0, NULL));
    report(111, (unsigned long)wait4(pid, NULL, 0, NULL) - (unsigned long)pid);
    report(112, (unsigned long)wait4(pid, &status, 0, NULL)); /* once only */
}

static void statuses(void)
{
    static const int values[] = { 7, 0, -1, 256 + 5 };
    for (unsigned i = 0; i < 4; i++) {
        int pid = child_exits(values[i]);
        report_wait(200 + 2 * i, pid, &status, 0);
    }
}

static void faults(void)
{
    for (unsigned kind = 0; kind < 4; kind++) {
        int pid = fork();
        if (pid == 0) {
            if (kind == 0)
                asm volatile("div %0" : : "r"(0L) : "rax", "rdx");
            else if (kind == 1)
                asm volatile("ud2");
            else if (kind == 2)
                asm volatile("cli");
            *(volatile int *)8 = 1;
        }
        report_wait(300 + 2 * kind, pid, &status, 0);
    }
}

/* Two children: the second one is asked for first, and then any. */
static void order(void)
{
    int first = child_exits(1), second = child_exits(2);
    report(400, (unsigned long)first);
    report(401, (unsigned long)second);
    sched_yield();
    sched_yield();
    system_call(CALL_LOOK, 1, 0, 0); /* both are zombies */
    report_wait(402, second, &status, 0);
    report_wait(404, -1, &status, 0);
    system_call(CALL_LOOK, 2, 0, 0); /* both are gone */
    report(406, (unsigned long)wait4(-1, &status, WNOHANG, NULL));
}

/* A child that lives: WNOHANG gives 0, and without it the parent waits for that one, although
 * another ends before it. */
static void living(void)
{
    int slow = fork();
    if (slow == 0) {
        for (int i = 0; i < 4; i++)
            sched_yield();
        sys_exit(3);
    }
    int quick = child_exits(4);
    report(500, (unsigned long)wait4(slow, &status, WNOHANG, NULL));
    report(501, (unsigned long)wait4(-1, &status, WNOHANG, NULL));
    report_wait(502, slow, &status, 0);
    report_wait(504, quick, &status, 0);
    report(506, (unsigned long)slow);
    report(507, (unsigned long)quick);
}

/* The first child of the list lives, another one has ended: any child is that one. */
static void any_that_has_ended(void)
{
    int early = child_exits(5);
    sched_yield();
    int late = fork();
    if (late == 0) {
        sched_yield();
        sched_yield();
        sys_exit(6);
    }
    report(520, (unsigned long)wait4(-1, &status, WNOHANG, NULL) - (unsigned long)early);
    report(521, (unsigned long)wait4(-1, &status, 0, NULL) - (unsigned long)late);
}

/* A grandchild that outlives its parent, and one that does not; a stranger's child. */
static void orphans(void)
{
    int parent = sys_getpid(), child = fork();
    if (child == 0) {
        report(600, (unsigned long)wait4(parent, &status, 0, NULL));
        int zombie = child_exits(5);
        sched_yield();
        (void)zombie;
        if (fork() == 0) {
            for (int i = 0; i < 3; i++)
                sched_yield();
            system_call(CALL_LOOK, 3, 0, 0); /* an orphan by now */
            sys_exit(6);
        }
        sys_exit(8);
    }
    report_wait(602, child, &status, 0);
    for (int i = 0; i < 6; i++)
        sched_yield();
    system_call(CALL_LOOK, 4, 0, 0); /* nobody but us */
    report(604, (unsigned long)wait4(-1, &status, 0, NULL));
}

int main(void)
{
    bad_arguments();
    statuses();
    faults();
    order();
    living();
    any_that_has_ended();
    orphans();
    (void)child_exits(9); /* a zombie that nobody asks for */
    sched_yield();
    return 0;
}
