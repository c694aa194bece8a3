"""What was seen of a run, in a form of its own: what is wrong, a system call, a test kernel's notes."""
from dataclasses import dataclass
from itertools import groupby


class Fail(Exception):
    """A test has found something wrong: what was expected, what the machine did."""

    def __init__(self, expected, got, where=None):
        super().__init__(f"expected {expected}; {got}")
        self.expected, self.got, self.where = expected, got, where


class NotReached(Exception):
    """The run stopped before the place that this test is about."""


class Group(dict):
    """Observations that belong together, the first of each name."""

    def __missing__(self, what):
        raise NotReached(f"the test kernel has not come to \"{what}\" there")


def signed(value):
    return value - (1 << 64) if value >> 63 else value


@dataclass(frozen=True)
class SystemCall:
    registers: object
    rip: int
    cs: int
    rflags: int
    rsp: int
    ss: int
    entry: int = None           # where in the kernel's memory the frame was pushed

    @property
    def number(self):
        return self.registers["rax"]

    @property
    def cr3(self):
        return self.registers.cr3

    def __getattr__(self, name):
        return self.registers.general[name]


def observations(run, most=48):
    """What a test kernel has written down, for people: a line ends where a name comes again."""
    lines, names = [], set()
    for what, group in groupby(run.observed_so_far(), key=lambda pair: pair[0]):
        values = [f"{signed(v)}" if -4096 < signed(v) < 4096 else f"{v:#x}" for _, v in group]
        more = f" … ({len(values)} values)" if len(values) > 4 else ""
        item = f"{what} {' '.join(values[:4])}{more}"
        if what in names or not lines:
            lines.append("  " + item)
            names = set()
        else:
            lines[-1] += f", {item}"
        names.add(what)
    return lines[:most] + [f"  … and {len(lines) - most} lines more"][:len(lines) > most]
