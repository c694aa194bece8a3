/*
 * process_checks.h - what lab 2's kernel tries after each exercise. Each try
 * prints what came of it, and stops where that is wrong.
 */
#pragma once

#include <stdint.h>

void try_frames(void);     /* 2.1, in checks/frame_checks.c */
void try_walk(void);       /* 2.2, in checks/page_checks.c */
void try_map(void);        /* 2.3 */
void try_page_table(void); /* 2.4 */
void try_stacks(void);     /* 2.5, in checks/process_checks.c */
void try_processes(void);  /* 2.6 */

/* Stop at the exercise `id` when not just as many frames are free as before. */
void require_frames(const char *id, uint64_t before);
