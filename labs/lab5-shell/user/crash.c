/*
 * crash.c - writes to the null page, and dies of it.
 */
int main(void)
{
    *(volatile int *)8 = 1;
    return 0;
}
