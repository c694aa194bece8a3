/*
 * lab4_calls.h - what test programs of lab 4 ask their test kernel for, beside the system calls.
 */
#pragma once

#define CALL_LOOK  201 /* (what): observe the process table and the free frames */
#define CALL_HOARD 202 /* (left): leave so many frames free; −1: give all of them back */

#define CALL_ATTACK 203 /* of hostile_forks.c: which one the program is */
