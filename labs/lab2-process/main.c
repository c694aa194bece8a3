/*
 * main.c - the kernel of lab 2: address spaces, stacks, processes. No ring 3
 * yet: processes are made, looked at and destroyed.
 *
 * Each try uses what an exercise has added, prints the result, and stops
 * where it is wrong; the tries are in checks/.
 */
#include <boot.h>
#include <console.h>
#include <exercise.h>
#include <machine.h>
#include <page_fault.h>
#include <process_checks.h>
#include <tables.h>

_Noreturn void kmain(void)
{
    printf("Ringstep lab 2: address spaces, stacks, processes\n");
    tables_init(); /* all of lab 1 */
    page_fault_init();
    tried_memory();

    /* Physical memory, one frame at a time: taken, filled, given back, taken again. */
    exercise("2.1", "frame_alloc, frame_free");
    try_frames();

    /* The walk of kmain()'s own address, level by level, as the processor does it. */
    exercise("2.2", "page_table_walk");
    try_walk();

    /* One frame at two addresses; once unmapped, one of them is a page fault. */
    exercise("2.3", "page_map, page_unmap");
    try_map();

    /* A separate address space in CR3, in which the kernel goes on running. */
    exercise("2.4", "create_user_page_table, destroy_user_page_table");
    try_page_table();

    /* Two stacks, and the page below each that must stay unmapped. */
    exercise("2.5", "allocate_kernel_stack, allocate_user_stack");
    try_stacks();

    /* All of it together: the process table, and many processes that lose no frame. */
    exercise("2.6", "create_process, destroy_process");
    try_processes();
    try_without_memory();

    printf("Lab 2 is complete. Go on in labs/lab3-ring3.\n");
    machine_off(MACHINE_DONE);
}
