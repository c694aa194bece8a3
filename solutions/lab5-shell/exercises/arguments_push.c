/*
 * Exercise 5.3: arguments_push
 *
 * In:  page        where the kernel sees the page that ends at USER_STACK_TOP; all zeroes
 *      arguments   `count` strings, one after another in text[], `size` bytes in all
 * Out: 0, and the block lies in the page. From *rsp up, in words of 8 bytes:
 *
 *        argc                             count
 *        argv[0] … argv[count − 1], 0     where each string is, for the program
 *        0                                the end of an empty environment
 *        auxiliary[]                      AUXILIARY_WORDS words, as they are in <execute.h>
 *
 *      and above them, somewhere in the page, the strings. *rsp is an address of the program's, and
 *      a multiple of 16. −E2BIG: that is more than the page has room for; nothing was written
 *
 * Two views of one page: you write through `page`, the program reads below USER_STACK_TOP.
 * System V ABI, 3.4.1, figure 3.9 ("Initial Process Stack").
 * Check: make grade ONLY=5.3
 */
#include <errno.h>
#include <execute.h>
#include <exercise.h>
#include <string.h>

int arguments_push(char *page, const struct arguments *arguments, uint64_t *rsp)
{
    /* SOLUTION */
    uint64_t words = 1 + arguments->count + 1 + 1 + AUXILIARY_WORDS;
    if (arguments->size + words * sizeof(uint64_t) + 16 > PAGE_SIZE)
        return -E2BIG;
    uint64_t strings = PAGE_SIZE - arguments->size;
    uint64_t block = align_down(strings - words * sizeof(uint64_t), 16);
    uint64_t programs_page = USER_STACK_TOP - PAGE_SIZE;

    memcpy(page + strings, arguments->text, arguments->size);
    uint64_t *word = (uint64_t *)(page + block);
    *word++ = arguments->count;
    for (size_t at = 0; at < arguments->size; at += strlen(arguments->text + at) + 1)
        *word++ = programs_page + strings + at;
    *word++ = 0;
    *word++ = 0;
    memcpy(word, auxiliary, sizeof auxiliary);
    *rsp = programs_page + block;
    return 0;
    /* END SOLUTION */
}
