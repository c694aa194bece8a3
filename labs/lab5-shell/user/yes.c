/*
 * yes.c - the same line for ever, or until nobody reads it.
 */
#include <files.h>

int main(int argc, char **argv)
{
    const char *word = argc > 1 ? argv[1] : "y";
    while (write_all(1, word, strlen(word)) == 0 && write_all(1, "\n", 1) == 0)
        ;
    return 1;
}
