/*
 * chapters.h - what lab 4's kernel does with each exercise. Each of them is followed by
 * schedule(), and over when no process is left.
 */
#pragma once

/* 4.1: two programs give way to each other, without a timer. */
void begin_yielding(void);

/* 4.2: three programs sleep, each for a time of its own. */
void begin_sleeping(void);

/* 4.3: an address space and its copy, without a program. */
void try_copying(void);

/* 4.4: a program that forks. From here on children copy all pages. */
void begin_forking(void);

/* 4.5: a family: statuses, a fault, an orphan. */
void begin_family(void);

/* 4.6: the same family, with pages that are shared until somebody writes. */
void begin_sharing(void);
