/*
 * lab5_calls.h - what test programs of lab 5 ask their test kernel for, beside the system calls.
 */
#pragma once

#define CALL_TYPE   203 /* (bytes, count): type so many, at most 16, as on a keyboard */
#define CALL_FREE   204 /* (): how many frames are free */
#define CALL_HOARD  202 /* (left): leave so many frames free; −1: give all of them back */
#define CALL_READER 205 /* (): the PID of the first that waits for a line; 0: nobody */

#define CALL_ATTACK 206 /* of hostile_files.c: (0): which attack; (1), (2): what open and ls give */
