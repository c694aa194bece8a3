/*
 * linux_program.c - for test_linux.py: a program for Linux, as anybody would write it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static double sum_of_halves(int count)
{
    double *numbers = malloc((size_t)count * sizeof *numbers), sum = 0;
    for (int i = 0; i < count; i++)
        numbers[i] = i * 0.5;
    for (int i = 0; i < count; i++)
        sum += numbers[i];
    free(numbers);
    return sum;
}

/* Both use the registers of floating point, and neither finds the other's in them. */
static void tell_the_parent(int fd)
{
    char text[40];
    int length = snprintf(text, sizeof text, "%.2f from a child", sum_of_halves(7));
    _exit(write(fd, text, (size_t)length) == length ? 3 : 1);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        printf("%d of %d: \"%s\"\n", i, argc - 1, argv[i]);
    double third = 1.0 / 3;
    int ends[2], status;
    if (pipe(ends) != 0)
        return 1;
    fflush(stdout);
    if (fork() == 0)
        tell_the_parent(ends[1]);
    char text[41] = "";
    if (read(ends[0], text, sizeof text - 1) < 0)
        return 2;
    wait(&status);
    printf("%s, which ended with %d\n", text, WEXITSTATUS(status));
    printf("%.6f and %g and %.1f\n", third, 6.02e23, sum_of_halves(50000));
    return 0;
}
