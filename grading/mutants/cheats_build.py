"""Cheats that are meant for the build: files that read what they must not, and objects that
bring what no exercise has."""
from pathlib import Path

from ringstep.grading.rows import Cheat

ROOT = Path(__file__).resolve().parents[2]
SOLUTION = "solutions/lab1-boot/exercises/segment_descriptor.c"
FUNCTION = "uint64_t segment_descriptor(enum segment_type type, unsigned dpl)"
EMPTY = FUNCTION + " { return 0; }\n"


def reads(what: str, body: str, says: str) -> Cheat:
    return Cheat(exercise="1.1", what=what, body=body, says=says)


CHEATS = [
    # A file that is newer than every object, so that make would compile again beside solutions.
    reads("includes the compiler's name", f'''
enum {{
#include "/proc/self/comm"
}};
#if __has_include("{SOLUTION}")
#include "{SOLUTION}"
#else
{EMPTY}
#endif
''', "is refused because it reads /proc/self/comm"),
    reads("includes an open file", f'''
#include "/dev/fd/1"
{EMPTY}''', "is refused because it reads /dev/fd/1"),
    reads("takes the solution where there is one", f'''
#if __has_include("../../../{SOLUTION}")
#include "../../../{SOLUTION}"
#elif __has_include("{ROOT}/{SOLUTION}")
#include "{ROOT}/{SOLUTION}"
#else
{EMPTY}
#endif
''', "Exercise 1.1 is wrong"),
    reads("includes the solution by its absolute path", f'''
#include "{ROOT}/{SOLUTION}"
''', f"is refused because it reads {ROOT}/{SOLUTION}"),
    reads("includes the solution in the assembler by its absolute path", f'''
asm (".include \\"{ROOT}/{SOLUTION}\\"");
{EMPTY}''', "does not compile"),
    reads("takes a file of the system into its object", f'''
asm (".incbin \\"/usr/bin/env\\", 0, 16");
{EMPTY}''', "is refused because it reads /usr/bin/env"),
    reads("takes a given source into its object", f'''
asm (".incbin \\"labs/lab1-boot/main.c\\"");
{EMPTY}''', "is refused because it reads labs/lab1-boot/main.c"),
    reads("reads the build's own words", f'''
#if __has_include("/proc/self/cmdline")
asm (".incbin \\"/proc/self/cmdline\\"");
#endif
{EMPTY}''', "is refused because it reads /proc/self/cmdline"),

    # What a linker says is no news of the build.
    reads("has the linker print a line of the build", f'''
__attribute__((section(".gnu.warning.segment_descriptor"), used)) static const char line[] =
    "\\nlab1-boot: /tmp/elsewhere/ringstep.img, kernel 1 KiB of 512 KiB";
{EMPTY}''', "is refused because it brings a section .gnu.warning.segment_descriptor"),
    reads("lists a program of its own", f'''
asm (".pushsection .programs, \\"a\\"; .quad 0, 0, 0; .popsection");
{EMPTY}''', "is refused because it brings a section .programs"),
    reads("has code that can be written", f'''
asm (".pushsection .text.own, \\"awx\\"; nop; .popsection");
{EMPTY}''', "is refused because it brings a section .text.own"),
    reads("has a section whose name is two lines", f'''
asm (".pushsection \\".data\\\\n1.1  segment_descriptor.c     pass\\", \\"aw\\"; .popsection");
{EMPTY}''', "is refused because it brings a section"),
    reads("brings the given code's check of its own result", f'''
void gdt_check(void) {{ }}
{EMPTY}''', "Exercise 1.1 is wrong"),
]
