/*
 * blocks.c - exercise 5.3: argument blocks, each in a page of its own that the harness reads.
 */
#include <lab5.h>

static volatile const char letters[] = "archive of ................................";
static struct arguments arguments;

static void add(size_t length, char first)
{
    for (size_t i = 0; i < length; i++)
        arguments.text[arguments.size++] = i ? letters[11 + (i + arguments.count) % 32] : first;
    arguments.text[arguments.size++] = 0;
    arguments.count++;
}

static void push(const char *what)
{
    char *page = phys_to_virt(frame_alloc());
    uint64_t rsp = 0;
    observe(what, arguments.count);
    observe("strings", arguments.size);
    observe("result", (uint64_t)arguments_push(page, &arguments, &rsp));
    observe("rsp", rsp);
    observe("frame", (uint64_t)page - PHYSICAL_MAP_BASE);
    uint64_t used = 0;
    for (size_t i = 0; i < PAGE_SIZE; i++)
        used += page[i] != 0;
    observe("bytes in use", used);
    arguments = (struct arguments){ 0 };
}

_Noreturn void kmain(void)
{
    lab5_start();
    push("no arguments");
    add(0, 0);
    push("an empty one");
    for (unsigned i = 0; i < 7; i++)
        add(1 + 5 * i, (char)('a' + i));
    push("seven");
    for (unsigned i = 0; i < 8; i++) /* an even number of words, and an odd one */
        add(4, (char)('A' + i));
    push("eight");
    for (unsigned i = 0; i < 300; i++)
        add(1, (char)('0' + i % 10));
    push("three hundred");
    add(3900, 'L');
    push("a long one");
    for (unsigned i = 0; i < 410; i++)
        add(1, 'x');
    push("too many");
    add(4090, 'L');
    push("too long");
    observed_all();
}
