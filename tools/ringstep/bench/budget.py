"""The budget: what each row may cost, for the compiler and the Bochs that it names."""
import re
import subprocess
from pathlib import Path
from typing import Iterator, Tuple

from ringstep.bench.guest import Counts
from ringstep.course.labs import CourseError
from ringstep.machine import process

FILE = "grading/budget.txt"
MORE = 0.02                 # a row may cost so much more
TOP = """\
# Guest instructions of each row of `make bench`, which `make check` compares with these.
# A change that costs or saves something says so here: `make bench-accept` writes the file.
"""


def compiler(kernel: str) -> str:
    """The compiler that the kernel was made by, as its debug information says."""
    from elftools.elf.elffile import ELFFile
    with open(kernel, "rb") as file:
        for unit in ELFFile(file).get_dwarf_info().iter_CUs():
            producer = unit.get_top_DIE().attributes["DW_AT_producer"].value.decode()
            found = re.search(r"(GNU C|clang)\S* .*?(\d+\.\d+\.\d+)", producer)
            if found:
                return f"{'gcc' if found[1] == 'GNU C' else 'clang'} {found[2]}"
    raise CourseError(f"{kernel} does not say which compiler made it")


def tools(kernel: str) -> str:
    """What the counts depend on: the compiler, and Bochs with its BIOS."""
    words = subprocess.run([process.find("bochs"), "--help"], text=True, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
    bochs = re.search(r"Bochs x86 Emulator (\S+)", words)
    return f"{compiler(kernel)}, Bochs {bochs[1] if bochs else '?'}"


def read(root: Path) -> Tuple[str, Counts]:
    """(the tools, row → instructions)"""
    text = (root / FILE).read_text()
    made = re.search(r"^for: (.*)$", text, re.M)
    if not made:
        raise CourseError(f"{FILE} does not say for which tools it is: make bench-accept")
    return made[1], {name: int(number.replace(",", ""))
                     for number, name in re.findall(r"^ *([\d,]+)  (.*)$", text, re.M)}


def write(root: Path, made: str, counts: Counts) -> None:
    rows = "".join(f"{number:>12,}  {name}\n" for name, number in counts.items())
    (root / FILE).write_text(f"{TOP}for: {made}\n{rows}")


def over(budget: Counts, counts: Counts) -> Iterator[str]:
    """A sentence for each row that the budget does not cover."""
    for name, number in counts.items():
        if name not in budget:
            yield f'"{name}" costs {number:,} instructions and is not in {FILE}: make bench-accept'
        elif number > budget[name] * (1 + MORE):
            yield (f'"{name}" costs {number:,} instructions, the budget is {budget[name]:,}: make '
                   "it cheaper, or type `make bench-accept` and let the change say what it costs")
    for name in budget.keys() - counts.keys():
        yield f'"{name}" is in {FILE} and no row of make bench: make bench-accept'
