/*
 * taken.c - what an exercise prints and gives, for the checks.
 */
#include <call_checks.h>
#include <console.h>
#include <errno.h>
#include <format.h>
#include <syscall.h>

const char *const frame_words[FRAME_WORDS] = {
    "r15",
    "r14",
    "r13",
    "r12",
    "r11",
    "r10",
    "r9",
    "r8",
    "rbp",
    "rdi",
    "rsi",
    "rdx",
    "rcx",
    "rbx",
    "rax",
    "the vector",
    "the error code",
    "RIP",
    "CS",
    "RFLAGS",
    "RSP",
    "SS",
};

static char taken[2 * WRITE_MAX];
static size_t taken_size;

static void take(char c)
{
    if (taken_size < sizeof taken - 1)
        taken[taken_size++] = c;
}

void console_take(void)
{
    taken_size = 0;
    console_taken = take;
}

size_t console_give(const char **text)
{
    console_taken = NULL;
    taken[taken_size] = 0;
    if (taken_size > 0 && taken[taken_size - 1] == '\n')
        taken[taken_size - 1] = 0;
    *text = taken;
    return taken_size;
}

const char *result_text(char text[RESULT_SIZE], int64_t result)
{
    if (result < 0)
        return error_name((int)result);
    snprintf(text, RESULT_SIZE, "%ld", result);
    return text;
}
