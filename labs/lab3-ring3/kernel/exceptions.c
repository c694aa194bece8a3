/*
 * exceptions.c - an exception is the process's fault when it came from ring 3,
 * and the kernel's otherwise.
 */
#include <page_fault.h>
#include <schedule.h>
#include <trap.h>

static void exception(struct trap_frame *frame)
{
    if (trap_from_user(frame))
        process_fault(frame);
    if (frame->vector == VECTOR_PF)
        page_fault(frame);
    else
        trap_unexpected(frame);
}

void exceptions_init(void)
{
    for (unsigned vector = 0; vector < VECTOR_EXCEPTIONS; vector++)
        if (vector != VECTOR_DF)            /* an abort: always the kernel's */
            trap_register(vector, exception);
}
