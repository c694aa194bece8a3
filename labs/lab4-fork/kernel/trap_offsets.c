/*
 * trap_offsets.c - the numbers of trap_offsets.h are those of the structure.
 */
#include <stddef.h>
#include <trap.h>
#include <trap_offsets.h>

#define AT(member, offset) _Static_assert(offsetof(struct trap_frame, member) == (offset), #member)

AT(r15, TRAP_R15);
AT(r14, TRAP_R14);
AT(r13, TRAP_R13);
AT(r12, TRAP_R12);
AT(rbp, TRAP_RBP);
AT(rbx, TRAP_RBX);
AT(rip, TRAP_RIP);
AT(cs, TRAP_CS);
AT(rflags, TRAP_RFLAGS);
AT(rsp, TRAP_RSP);
AT(ss, TRAP_SS);
