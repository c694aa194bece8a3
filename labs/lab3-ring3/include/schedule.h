/*
 * schedule.h - which process runs. They take turns (round-robin), in the order in which
 * they became ready, each until the timer interrupts it or it has ended.
 */
#pragma once

#include <process.h>

/* After so many interruptions by the timer a process is taken off the CPU for good. */
#define SLICES_MAX 20

/* The process in ring 3, or on whose behalf the kernel runs; NULL: none. The scheduler's:
 * all others only ask. */
extern struct process *current;

static inline struct process *current_process(void)
{
    return current;
}

/* The process can run: PROCESS_READY, and the last one whose turn comes. It may not be
 * destroyed before it has ended. */
void process_ready(struct process *process);

/* Whether schedule() may go on with another process than the current one. If not, a trap
 * may return to the frame that it came with, and nothing need be saved. */
bool others_are_ready(void);

/* Leave this stack, and go on with the next process that can run, in its page table. Its
 * `registers` are what it goes on with. */
_Noreturn void schedule(void);

/* The process has ended: mark it and schedule(). */
_Noreturn void process_end(struct process *process);

/* For later labs: have `next` say who runs next (NULL: nobody can), and `ended` called
 * with a process that has ended, once neither its stack nor its page table is in use.
 * Lab 3's own take turns (that stays where `next` is NULL), and destroy it. CR3 is the
 * kernel's in `ended`. */
void schedule_use(struct process *(*next)(void), void (*ended)(struct process *process));

/* For later labs: called with the process that goes on, once its segment registers are loaded;
 * NULL: nothing is. */
extern void (*process_resumes)(const struct process *process);

/* Save the segment registers, which are those of the current process, in any record. */
void process_segments_save(struct process *process);

/* Exercise 3.1. Make the way back into the kernel lead to this process: its
 * kernel stack in RSP0, its page table in CR3. */
void process_activate(const struct process *process);

/* Exercise 3.2. Enter ring 3 at `entry_point` with RSP = `user_stack` and all
 * other registers zero. */
_Noreturn void jump_to_usermode(uint64_t entry_point, uint64_t user_stack);

/* Exercise 3.5. The timer has interrupted ring 3; the frame is what to go on with. */
void timer_tick(struct trap_frame *frame);

/* Exercise 3.6. An exception in ring 3: report it and end the process. Does not return. */
void process_fault(struct trap_frame *frame);

/* Have the exceptions of ring 3 handled by process_fault(). */
void exceptions_init(void);

/* The handler that this sets, and for later labs: one that is called in its place. */
void exception(struct trap_frame *frame);
void exceptions_register(trap_handler_t handler);

/* Called when no process can run any more. Each kernel's main.c has its own. */
_Noreturn void all_processes_ended(void);
