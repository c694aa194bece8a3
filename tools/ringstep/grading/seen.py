"""What was seen of a run, in a form of its own: what is wrong, a system call, a test kernel's
notes."""
import struct
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Dict, Iterable, List, Optional, Set, Tuple

from elftools.common.exceptions import DWARFError, ELFError
from elftools.construct import ConstructError

from ringstep.machine.record import Registers

if TYPE_CHECKING:
    from ringstep.grading.harness import Run

Note = Tuple[str, int]              # what a test kernel has written down: a name and a value

# What comes of reading a kernel's file or memory that a submission has made unreadable.
UNREADABLE = (LookupError, ValueError, struct.error, OverflowError,
              ELFError, DWARFError, ConstructError)


class Fail(Exception):
    """A test has found something wrong: what was expected, what the machine did."""

    def __init__(self, expected: str, got: str):
        super().__init__(f"expected {expected}; {got}")
        self.expected, self.got = expected, got


class NotReached(Exception):
    """The run stopped before the place that this test is about."""


class Group(Dict[str, int]):
    """Observations that belong together, the first of each name."""

    def __missing__(self, what: str) -> int:
        raise NotReached(f"the test kernel has not come to \"{what}\" there")


def grouped(notes: Iterable[Note], first: str) -> List[Group]:
    """The notes, cut before each one named `first`."""
    groups: List[Group] = []
    for name, value in notes:
        if name == first:
            groups.append(Group())
        if groups:
            groups[-1].setdefault(name, value)
    return groups


def signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


@dataclass(frozen=True)
class SystemCall:
    registers: Registers
    entry: Optional[int]            # where in the kernel's memory the frame was pushed; on Bochs
    rip: Optional[int]              # None, as all of the frame: it could not be read
    cs: Optional[int]
    rflags: Optional[int]
    rsp: Optional[int]
    ss: Optional[int]

    @property
    def number(self) -> int:
        return self.registers["rax"]

    @property
    def cr3(self) -> Optional[int]:
        return self.registers.cr3

    def __getattr__(self, name: str) -> int:
        """A general register at the call."""
        if name not in self.registers.general:
            raise AttributeError(f"a system call has no {name}")
        return self.registers.general[name]


def in_words(what: str, values: List[int]) -> str:
    shown = [f"{signed(v)}" if -4096 < signed(v) < 4096 else f"{v:#x}" for v in values[:4]]
    more = f" … ({len(values)} values)" if len(values) > 4 else ""
    return f"{what} {' '.join(shown)}{more}"


def note_lines(notes: Iterable[Note]) -> List[str]:
    """A line ends where a name comes again."""
    lines: List[str] = []
    names: Set[str] = set()
    for what, group in groupby(notes, key=lambda note: note[0]):
        item = in_words(what, [value for _, value in group])
        if what in names or not lines:
            lines.append("  " + item)
            names = set()
        else:
            lines[-1] += f", {item}"
        names.add(what)
    return lines


def observations(run: "Run", most: int = 48) -> List[str]:
    """What a test kernel has written down, for people."""
    lines = note_lines(run.observed_so_far())
    more = len(lines) - most
    return lines[:most] + ([f"  … and {more} lines more"] if more > 0 else [])
