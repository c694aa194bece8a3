/*
 * Exercise 3.5: timer_tick
 *
 * In:  frame   where the timer interrupted the current process
 * Out: does not return to its caller. The process has used up one more time
 *      slice. After SLICES_MAX of them, say so ("PID 2 has used up its 20 time
 *      slices") and end the process. Otherwise its registers are what the frame
 *      holds, and schedule() decides which one goes on.
 *
 * schedule() leaves this stack, and the frame is on it: what is needed later
 * must be copied into the process. See <schedule.h> and <process.h>.
 * Check: make grade ONLY=3.5
 */
#include <console.h>
#include <exercise.h>
#include <schedule.h>

void timer_tick(struct trap_frame *frame)
{
    /* SOLUTION */
    struct process *process = current_process();
    process->slices++;
    if (process->slices >= SLICES_MAX) {
        printf("PID %d has used up its %d time slices\n", process->pid, SLICES_MAX);
        process_end(process);
    }
    if (!others_are_ready())
        trap_return(frame); /* still here, and nobody else will overwrite it */
    process->registers = *frame;
    schedule();
    /* END SOLUTION */
}
