/*
 * execute.c - what execve takes from ring 3, and what a program starts with.
 */
#include <cpu.h>
#include <errno.h>
#include <execute.h>
#include <file.h>
#include <gdt.h>
#include <linux.h>
#include <schedule.h>
#include <string.h>
#include <syscall.h>
#include <user_memory.h>

#define PIECE 64 /* bytes that are copied at once: they lie in one page */

const uint64_t auxiliary[AUXILIARY_WORDS] = { AT_PAGESZ, PAGE_SIZE, AT_NULL, 0 };

static int copy(void *to, uint64_t address, size_t size)
{
    int error = user_range_check(current_process()->page_table, address, size);
    return error ? error : copy_from_user(to, address, size);
}

int string_from_user(char *to, uint64_t address, size_t size)
{
    for (size_t done = 0; done < size;) {
        size_t count = PIECE - (address + done) % PIECE;
        if (count > size - done)
            count = size - done;
        if (copy(to + done, address + done, count) != 0)
            return -EFAULT;
        for (size_t end = done + count; done < end; done++)
            if (to[done] == 0)
                return 0;
    }
    return -ENAMETOOLONG;
}

int arguments_from_user(struct arguments *arguments, uint64_t argv)
{
    arguments->count = 0;
    arguments->size = 0;
    for (uint64_t string; argv; argv += sizeof string) {
        if (copy(&string, argv, sizeof string) != 0)
            return -EFAULT;
        if (!string)
            break;
        char *text = arguments->text + arguments->size;
        int error = string_from_user(text, string, sizeof arguments->text - arguments->size);
        if (error)
            return error == -ENAMETOOLONG ? -E2BIG : error;
        arguments->size += strlen(text) + 1;
        arguments->count++;
    }
    return 0;
}

void registers_start(struct trap_frame *frame, uint64_t entry_point, uint64_t rsp)
{
    *frame = (struct trap_frame){
        .rip = entry_point,
        .cs = SELECTOR_USER_CODE,
        .rflags = RFLAGS_RESERVED | RFLAGS_IF,
        .rsp = rsp,
        .ss = SELECTOR_USER_DATA,
    };
    asm volatile("mov %0, %%ds; mov %0, %%es; mov %1, %%fs; mov %1, %%gs"
                 :
                 : "r"(SELECTOR_USER_DATA), "r"(0));
    linux_start(current_task());
}

void process_rename(const char *name)
{
    struct user *user = user_of(current_task());
    size_t size = strlen(name);
    if (size > sizeof user->name - 1)
        size = sizeof user->name - 1;
    memset(user->name, 0, sizeof user->name);
    memcpy(user->name, name, size);
}

const char *path_name(const char *path)
{
    while (*path == '/' || (*path == '.' && (path[1] == '/' || path[1] == 0)))
        path++;
    return path;
}
