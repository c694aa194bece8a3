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
    todo("5.3");
}
