/*
 * executing.c - exercise 5.4: turns into executed.c, and tries what cannot be executed.
 */
#include <files.h>
#include <lab5_calls.h>
#include <report.h>

/* An address where there is nothing; no compiler knows that. */
static void *volatile nowhere = (void *)8;

static const char *const words[] = { "executed", "", "one two", "\x80\xFF", NULL };
static const char *many[600];
static char longest[300];

static long free_frames(void)
{
    return system_call(CALL_FREE, 0, 0, 0);
}

static void try(unsigned what, const char *path, const char *const argv[])
{
    long before = free_frames();
    report(what, (unsigned long)execve(path, argv));
    report(what + 1, (unsigned long)(before - free_frames()));
}

static void refused(void)
{
    for (unsigned i = 0; i < 599; i++)
        many[i] = "x";
    memset(longest, 'n', sizeof longest - 1);
    try(100, "/nosuch", words);
    try(102, "/", words);
    try(104, "README", words); /* no program */
    try(106, longest, words);
    try(108, nowhere, words);
    try(110, "/executed", nowhere);
    const char *const bad[] = { "executed", nowhere, NULL };
    try(112, "/executed", bad);
    try(114, "/executed", many);
}

/* With too few frames, one more each time. How many it takes a child is to find out. */
static void without_memory(void)
{
    unsigned long lost = 0, failed = 0;
    long result = 0;
    for (long left = 0; left < 40; left += 3) {
        system_call(CALL_HOARD, left, 0, 0);
        long before = free_frames();
        result = left < 20 ? execve("/executed", words) : 0;
        lost += (unsigned long)(before - free_frames());
        failed += result == -ENOMEM;
    }
    system_call(CALL_HOARD, -1, 0, 0);
    report(120, failed);
    report(121, lost);
}

int main(void)
{
    refused();
    without_memory();
    report(130, (unsigned long)sys_getpid());
    int fd = open("/poem", O_RDONLY);
    lseek(fd, 4, SEEK_SET);
    int child = fork();
    if (child > 0) {
        int status;
        report(131, wait4(child, &status, 0, NULL) == child);
        report(132, (unsigned)status);
        report(133, (unsigned long)child);
    }
    report(134, (unsigned long)execve(child ? "./executed" : "/executed", words));
    return 1;
}
