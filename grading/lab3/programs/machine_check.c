/*
 * machine_check.c - where doors.c lets it, what an #MC does while a program runs.
 */
int main(void)
{
    asm volatile("int $18");
    return 0;
}
