/*
 * false.c - nothing is.
 */
int main(void)
{
    return 1;
}
