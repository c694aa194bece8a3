"""Cheats that are meant for whatever reads an object, and for the costs of making one."""
from ringstep.grading.rows import Cheat

from grading.mutants.cheats_build import EMPTY, FUNCTION, ROOT, reads

CRASH = FUNCTION + " { for (;;) asm volatile (\"push %rax\"); }\n"


def assembles(what: str, lines: str, says: str, rest: str = EMPTY) -> Cheat:
    """With lines of assembly, as they stand in a string of C."""
    return reads(what, f'\nasm ("{lines}");\n{rest}', says)


CHEATS = [
    reads("includes the list of points", f'''
#include "../../../grading/lab1/exercises.txt"
{EMPTY}''', "does not compile"),
    reads("includes a test by its absolute path", f'''
#include "{ROOT}/grading/lab1/tests.py"
''', "is refused because it reads"),
    reads("includes the Makefile", f'''
#include "../../../Makefile"
{EMPTY}''', "does not compile"),
    reads("includes what is on the standard input", f'''
#include "/dev/stdin"
{EMPTY}''', "is refused because it reads /dev/stdin"),
    assembles("takes the environment into its object", r'.incbin \"/proc/self/environ\"',
              "is refused because it reads /proc/self/environ"),
    assembles("assembles what is on the standard input", r'.include \"/dev/stdin\"',
              "is refused because it reads /dev/stdin"),
    reads("has the compiler look at another file's age", f'''
#pragma GCC dependency "/etc/hostname"
{EMPTY}''', "1.1"),

    # Sections and symbols that mean something to a linker or a loader.
    assembles("has a function called before kmain()",
              r'.pushsection .init_array, \"aw\"; .quad segment_descriptor; .popsection',
              "is refused because it brings a section .init_array"),
    assembles("brings tables for unwinding",
              r'.cfi_sections .eh_frame\n.cfi_startproc\n.cfi_endproc',
              "is refused because it brings a section .eh_frame"),
    reads("has a variable for each thread", f'''
__thread int mine = 1;
{EMPTY}''', "is refused because it brings a section .tdata"),
    assembles("brings a note for the linker",
              r'.pushsection .note.gnu.build-id, \"a\", @note; .long 4, 4, 3, 5, 6; .popsection',
              "is refused because it brings a section .note.gnu.build-id"),
    assembles("has a section in a group",
              r'.pushsection .text.one, \"axG\", @progbits, one, comdat; nop; .popsection',
              "is refused because it brings a section .group"),
    assembles("has more sections than are counted in the usual place",
              r'.macro one; .pushsection .text.s\\@, \"ax\"; .popsection; .endm\n'
              r'.rept 66000; one; .endr', "is refused because its object"),
    assembles("is a function that a loader chooses",
              r'.type segment_descriptor, @gnu_indirect_function', "1.1"),
    assembles("is at an address of its own",
              r'.globl segment_descriptor; .set segment_descriptor, 0xB8000', "1.1", rest=""),
    assembles("brings the end of the programs as a common symbol", r'.comm programs_end, 8',
              "Exercise 1.1 is wrong"),
    assembles("has a symbol that looks like a line of the report",
              r'\"\\n  1.1  pass\": .globl \"\\n  1.1  pass\"',
              "1.1"),

    # What they print.
    assembles("has the assembler print a score", r'.print \"Lab 1 Score: 100/100\"',
              "Exercise 1.1 is wrong"),
    reads("has the compiler print a score", f'''
#pragma message "Total Score: 300/300"
{EMPTY}''', "Exercise 1.1 is wrong"),
    assembles("an instruction of terminal escapes", r'\\033[2J\\033[31m', "does not compile"),
    assembles("lines from a file with terminal escapes in its name",
              r'.file 77 \"labs/\\033[31mx.c\"\n.loc 77 1', "1.1", rest=CRASH),
    assembles("debug information without an end",
              r'.pushsection .debug_info; .fill 60000, 1, 0xFF; .popsection\n'
              r'.pushsection .debug_line; .fill 60000, 1, 0xFF; .popsection', "1.1", rest=CRASH),

    # What they cost.
    reads("includes itself twice", '''
#include __FILE__
#include __FILE__
''', "does not compile"),
    assembles("a macro of the assembler that calls itself twice", r'.macro m; m; m; .endm; m',
              "does not compile"),
    assembles("a hundred million instructions", r'.rept 100000000; nop; .endr', "1.1"),
    assembles("a terabyte of zeroes", r'.data; .fill 1 << 37, 8, 1; .text', "1.1"),
]
