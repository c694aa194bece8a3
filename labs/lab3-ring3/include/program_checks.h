/*
 * program_checks.h - whether the lab's own programs have ended as they must.
 */
#pragma once

/* Watch how they end; other programs (TEST=) may end as they like. */
void program_checks_init(void);

/* Stop when one has ended otherwise. */
void require_programs(void);
