/*
 * process.h - processes and the process table.
 *
 * The table is a list in the order of the PIDs. A process's record takes a page
 * frame of its own, so there can be as many as memory allows. A later lab
 * that has more to remember puts this structure first in one of its own: it may
 * use the rest of the page frame, which is zero in a new record.
 */
#pragma once

#include <trap.h>
#include <types.h>

typedef int pid_t;

enum process_state {
    PROCESS_NEW,     /* in the table, but not yet to be run */
    PROCESS_READY,   /* may run */
    PROCESS_RUNNING, /* in ring 3, or in the kernel on its behalf: one at most */
    PROCESS_DEAD,    /* has ended; to be destroyed */
    PROCESS_WAITING, /* lab 4: in the kernel, until somebody wakes it */
    PROCESS_ZOMBIE,  /* lab 4: has ended, and its parent has not asked for its status */
};

struct process {
    struct process *next; /* in the table */
    pid_t pid;            /* from 1 */
    enum process_state state;
    phys_t page_table;           /* for CR3 */
    uint64_t kernel_stack;       /* its top: RSP0 while the process runs */
    uint64_t user_stack;         /* its top */
    struct trap_frame registers; /* with which it starts or goes on */
    unsigned slices;             /* how often the timer has interrupted it */
    struct process **link;       /* the pointer in the table that points here */
    struct process *next_turn;   /* lab 3: whose turn comes after it, while it is ready */
    uint16_t ds, es, fs, gs;     /* with which it goes on: no trap frame has them */
    bool started;                /* it has been in ring 3, and goes on there */
    bool has_called;             /* its first system call was announced */
};

_Static_assert(sizeof(struct process) <= PAGE_SIZE, "a process's record takes one frame");

/* A program starts with this much of its stack in use: an empty argument
 * block, all zeroes (System V ABI, 3.4.1 "Initial Stack and Register State"). */
#define ARGUMENT_BLOCK_SIZE 64

/* Exercise 2.6. Make a process that will start at `entry_point`, in ring 3, at
 * the top of its own stack, and enter it into the table as PROCESS_NEW.
 * Its PID; −EINVAL: the entry point is not below USER_PROGRAM_END; −ENOMEM;
 * −EAGAIN. When it fails, no frame is lost and the PID is not used up. */
pid_t create_process(uint64_t entry_point);

/* Exercise 2.6. Take a process out of the table and free all that it had. Its
 * page table must not be in CR3. 0; −ESRCH: no such process. */
int destroy_process(pid_t pid);

/* A record with the next free PID, zeroed, not in the table yet; the caller
 * owns it until process_enter() or process_discard(). NULL: no frame left. */
struct process *process_new(void);
void process_discard(struct process *process);

/* Enter the record into the table, or take it out again (then the caller owns it). */
void process_enter(struct process *process);
void process_remove(struct process *process);

/* The first process in the table, NULL when it is empty; ->next is the next one. */
struct process *process_first(void);

/* NULL: no such process. */
struct process *process_find(pid_t pid);

/* Print the table. */
void process_table_print(void);
