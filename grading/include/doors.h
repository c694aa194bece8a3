/*
 * doors.h - system calls of the test kernel doors.c, which no kernel should have.
 */
#pragma once

#define CALL_STRAY     201 /* (address): the kernel reads there, without copy_from_user() */
#define CALL_COPY_IN   202 /* (address, length): copy_from_user(), unchecked */
#define CALL_COPY_BACK 203 /* (address, length): what user_memory_copy() to there gives */
