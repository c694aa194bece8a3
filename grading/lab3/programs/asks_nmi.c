/*
 * asks_nmi.c - where doors.c lets it, what an NMI does while a program runs.
 */
int main(void)
{
    asm volatile("int $2");
    return 0;
}
