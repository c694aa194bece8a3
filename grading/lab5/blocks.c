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

/* Whether the block in the page is that of `arguments`, found by the program's addresses. */
static bool is_right(const char *page, uint64_t rsp)
{
    uint64_t bottom = USER_STACK_TOP - PAGE_SIZE;
    size_t words = 1 + arguments.count + 1 + 1 + AUXILIARY_WORDS, at = 0;
    if (rsp % 16 || rsp < bottom || rsp + words * 8 > USER_STACK_TOP)
        return false;
    const uint64_t *word = (const uint64_t *)(page + (rsp - bottom));
    if (word[0] != arguments.count || word[words - 3] != PAGE_SIZE || word[words - 5] != 0)
        return false;
    for (unsigned i = 0; i < arguments.count; i++) {
        size_t size = strlen(arguments.text + at) + 1;
        uint64_t string = word[1 + i];
        if (string < rsp + words * 8 || string > USER_STACK_TOP - size
            || memcmp(page + (string - bottom), arguments.text + at, size) != 0)
            return false;
        at += size;
    }
    return true;
}

/* One more byte each time, up to more than fits, with an odd and an even number of words. */
static void push_near_the_limit(void)
{
    static char pages[3 * PAGE_SIZE] __attribute__((aligned(PAGE_SIZE)));
    char *page = pages + PAGE_SIZE;
    uint64_t wrong = 0, outside = 0, refused = 0, taken = 0;
    for (size_t length = 3900; length < PAGE_SIZE - 8; length++) {
        uint64_t rsp = 0;
        if (length % 2)
            add(0, 0);
        add(length, 'L');
        memset(page, 0, PAGE_SIZE);
        size_t least = arguments.size + (1 + arguments.count + 1 + 1 + AUXILIARY_WORDS) * 8;
        int error = arguments_push(page, &arguments, &rsp);
        wrong += error == 0 && !is_right(page, rsp);
        taken += error == 0 && least > PAGE_SIZE;
        refused += error != 0 && least + 16 <= PAGE_SIZE;
        for (size_t i = 1; i <= 256; i++) {
            outside += page[-(ptrdiff_t)i] != 0 || page[PAGE_SIZE + i - 1] != 0;
            page[-(ptrdiff_t)i] = page[PAGE_SIZE + i - 1] = 0;
        }
        arguments = (struct arguments){ 0 };
    }
    observe("blocks that are wrong", wrong);
    observe("bytes outside of the page", outside);
    observe("taken though too large", taken);
    observe("refused though there is room", refused);
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
    push_near_the_limit();
    observed_all();
}
