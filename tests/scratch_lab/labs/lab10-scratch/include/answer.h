/*
 * answer.h - the one exercise of a lab that exists in tests only.
 */
#pragma once

/* A number for programs to ask for. */
#define ANSWER 42
#define SYS_ANSWER 4242

/* Exercise 10.1. ANSWER. */
int answer(void);

/* Have the system call SYS_ANSWER give answer(). */
void answer_init(void);
