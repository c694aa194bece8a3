/*
 * stages.c - see stages.h. The archive's first files are the programs of the stages.
 */
#include <console.h>
#include <errno.h>
#include <execute.h>
#include <exercise.h>
#include <format.h>
#include <frame.h>
#include <stages.h>
#include <string.h>
#include <types.h>
#include <typist.h>
#include <user_task.h>

enum { CAT, READ_TEST, EXEC_TEST, PIPE_TEST, SHELL };

bool is_interactive(void)
{
    return &typed_start[0] == &typed_end[0];
}

void begin_typing(void)
{
    static const char keys[] = "Hello, ring 4^?3!\n^D";
    first_task_start(CAT);
    typist_type(keys, sizeof keys - 1);
}

void begin_reading(void)
{
    first_task_start(READ_TEST);
}

/* The program's view of an address in the page that the kernel sees at `page`. */
static char *seen_at(char *page, uint64_t address)
{
    uint64_t bottom = USER_STACK_TOP - PAGE_SIZE;
    require(address - bottom < PAGE_SIZE, "5.3", "%#lx is not in the page from %#lx on", address,
            bottom);
    return page + (address - bottom);
}

static void show_word(uint64_t address, const char *what, uint64_t is)
{
    printf("    %#lx  %-8s %#lx\n", address, what, is);
}

void show_arguments(void)
{
    static const struct arguments arguments = { 3, 18, "echo\0hello\0ring 3" };
    phys_t frame = frame_alloc();
    char *page = phys_to_virt(frame);
    uint64_t rsp = 0;
    int error = arguments_push(page, &arguments, &rsp);
    require(error == 0, "5.3", "arguments_push() gives %s", error_name(error));
    require(rsp % 16 == 0, "5.3", "the stack pointer %#lx is no multiple of 16", rsp);
    const uint64_t *word = (const uint64_t *)seen_at(page, rsp);
    show_word(rsp, "argc", word[0]);
    require(word[0] == arguments.count, "5.3", "argc is %lu, expected %u", word[0],
            arguments.count);
    const char *string = arguments.text;
    for (unsigned i = 0; i < arguments.count; i++, string += strlen(string) + 1) {
        char what[16];
        snprintf(what, sizeof what, "argv[%u]", i);
        show_word(rsp + 8 + 8 * i, what, word[1 + i]);
        require_text("5.3", seen_at(page, word[1 + i]), string, "%s", what);
        printf("      there: \"%s\"\n", string);
    }
    show_word(rsp + 8 + 8 * arguments.count, "its end", word[1 + arguments.count]);
    require(word[4] == 0 && word[5] == 0, "5.3", "argv or the environment does not end with 0");
    require(memcmp(&word[6], auxiliary, sizeof auxiliary) == 0, "5.3",
            "behind the environment there is not the auxiliary vector");
    frame_free(frame);
}

void begin_executing(void)
{
    first_task_start(EXEC_TEST);
}

void begin_piping(void)
{
    first_task_start(PIPE_TEST);
}

void begin_shell(void)
{
    console_quiet = true;
    first_task_start(SHELL);
    typist_type(typed_start, (size_t)(typed_end - typed_start));
}
