/*
 * trap_offsets.h - where the members of struct trap_frame lie, for assembly.
 *
 * trap_offsets.c has the compiler hold them against the structure.
 */
#pragma once

#define TRAP_R15    0
#define TRAP_R14    8
#define TRAP_R13    16
#define TRAP_R12    24
#define TRAP_RBP    64
#define TRAP_RBX    104
#define TRAP_RIP    136
#define TRAP_CS     144
#define TRAP_RFLAGS 152
#define TRAP_RSP    160
#define TRAP_SS     168
