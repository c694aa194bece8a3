/*
 * true.c - all is well.
 */
int main(void)
{
    return 0;
}
