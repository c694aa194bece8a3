"""What a test sees of a run, and how it says what is wrong.

A test is a function in grading/labN/tests*.py. It gets a Run, looks at what the
machine did, and calls expect() for each thing that must hold. What a kernel
prints or writes into its own variables is a claim; registers, tables in memory
and the emulator's record of traps are evidence.
"""
import os
import re
import struct
from dataclasses import dataclass
from functools import cached_property

from ringstep.course.labs import CourseError, exercises
from ringstep.explain import postmortem
from ringstep.explain.scene import Scene
from ringstep.grading.seen import Fail, Group, NotReached, SystemCall, signed  # noqa: F401, tests take them from here
from ringstep.kernel import paging, symbols
from ringstep.kernel.constants import constants
from ringstep.machine.record import ENDS

STATUSES = {
    0: "the kernel ran to its end and switched the machine off",
    1: "the kernel panicked",
    2: "the kernel stopped at an unwritten exercise",
    3: "the kernel stopped at an exercise with a wrong result",
}
TESTS = []
BOTH = ("qemu", "bochs")


@dataclass(frozen=True)
class Boot:
    """A kernel to boot. One boot serves every test that names it."""
    lab: int
    test: str = ""                  # TEST=: a test kernel, or programs with commas
    points: tuple = ()              # (symbol, times) or symbol: where to look at registers
    mib: int = 64                   # memory
    instructions: int = 80_000_000  # limit, from the boot sector on


@dataclass(frozen=True)
class Test:
    name: str
    exercise: str
    boot: Boot
    function: object
    sentence: str                   # what must hold
    source: str                     # the function under test, for file and line


def test(exercise, boot, source=None):
    """Register a test of an exercise; its first docstring line says what must hold."""
    def register(function):
        if any(t.name == function.__name__ for t in TESTS):
            raise CourseError(f"two tests have the name {function.__name__}()")
        TESTS.append(Test(function.__name__, exercise, boot, function,
                          function.__doc__.strip().split("\n")[0], source))
        return function
    return register


class Run:
    """One boot of one kernel on one emulator."""

    def __init__(self, root, boot, record, kernel, programs=None, greeting=b""):
        self.root, self.boot, self.record, self.emulator = root, boot, record, record.emulator
        self.constants = constants(str(root))
        self.symbols = symbols.load(kernel)
        self.programs = programs or {}          # name → ELF file, in the order of the PIDs
        self.greeting = greeting                # what the harness put into hello.c
        self._observed = self._cause = None
        self._values = {}                       # of the observations, by name

    # ---- saying what is wrong ----

    def expect(self, holds, expected, got, where=None):
        if not holds:
            raise Fail(expected, got, where)

    def equal(self, what, got, expected, form="{:#x}"):
        show = lambda value: form.format(value) if isinstance(value, int) else str(value)
        self.expect(got == expected, f"{what} {show(expected)}", f"it is {show(got)}")

    # ---- reading ----

    @property
    def memory(self):
        """Physical memory at the end of the run."""
        if self.record.memory is None:
            raise NotReached(f"nothing is known of the machine's memory: {self.stopped()}")
        return self.record.memory

    @property
    def text(self):
        return self.record.text

    def constant(self, name):
        return self.constants[name]

    def symbol(self, name):
        """The address of a thing of the kernel's; an exercise must not bring another of that name."""
        self.expect(len(self.symbols.places[name]) == 1, f"one {name} in the kernel, the course's own",
                    f"there are {len(self.symbols.places[name])}: is one in an exercise?")
        return self.symbols.address(name)

    def image(self, address, length):
        """Bytes of the kernel's image in memory, by virtual address."""
        physical = address - self.constant("KERNEL_BASE") + self.constant("KERNEL_LOAD_ADDRESS")
        return self.memory.read(physical, length)

    def u64s(self, address, count):
        return struct.unpack(f"<{count}Q", self.image(address, 8 * count))

    def string(self, address):
        return self.image(address, 80).split(b"\0")[0].decode("latin-1")

    def at(self, point):
        """The registers when the kernel first came to a point."""
        snapshot = self.record.at(point)
        if snapshot is None:
            raise NotReached(f"the kernel never came to {point}(): {self.stopped()}")
        return snapshot.registers

    def snapshots(self, point):
        return [s for s in self.record.snapshots if s.name == point]

    def hits(self, name):
        """How many snapshots of a point there can be."""
        return next(point[1] for point in self.boot.points if point[0] == name)

    def exceptions(self, vector=None, kind="exception"):
        return [e for e in self.record.events
                if e.kind == kind and vector in (None, e.vector)]

    # ---- how it ended ----

    def stopped(self):
        """How the run ended, in words."""
        record = self.record
        words = ENDS[record.end]
        if record.end == "power-off":
            words = STATUSES.get(record.status, "it switched the machine off without coming to the kernel's own end")
        elif record.end == "limit":
            words = f"it was stopped at its limit of {record.limit}"
        elif record.end == "gave-up":
            words += f" ({record.limit})"
        if record.end in ("triple-fault", "reset"):
            try:
                words += "".join(f"; {line}" for line in postmortem.last_exceptions(record, self.symbols.path))
            except Exception:
                pass                            # as for `cause`
        return words

    @property
    def last_words(self):
        """What the kernel said when it stopped: its verdict on itself, or its last line."""
        lines = [line for line in self.text.split("\n") if line.strip()]
        own = [line for line in lines if re.match(r"Exercise \d|PANIC", line)]
        return (own or lines or [""])[-1]

    @property
    def cause(self):
        """What the post-mortem takes for the cause of a bad end, or "". A submission may
        have made the kernel's file unreadable: that costs the explanation only."""
        if self._cause is None:
            try:
                self._cause = postmortem.cause(self.record, self.symbols.path) or ""
            except Exception:
                if os.environ.get("RINGSTEP_DEBUG"):
                    raise
                self._cause = ""
        return self._cause

    @cached_property
    def stopped_in(self):
        """The exercise in which a run ended badly, or "": as the kernel says, or by its stack."""
        own = re.findall(r"^Exercise (\d+\.\d+)(?:: | is wrong)", self.text, re.M)
        if own and self.record.status in (2, 3):
            return own[-1]
        try:
            found = None if postmortem.ended_well(self.record) else Scene(self.record, self.symbols.path).exercise()
        except Exception:                       # as for `cause`
            found = None
        return next((id for id, _, path in exercises(self.root) if found and path == found[1]), "")

    def ended_well(self):
        """The kernel came to its own end, and did not stop on the way."""
        if self.record.end == "limit":
            raise NotReached(self.stopped())
        self.expect(self.record.end == "power-off" and self.record.status == 0,
                    "the kernel runs to its end and switches the machine off", self.stopped())

    # ---- test kernels ----

    def observed_so_far(self):
        """What the test kernel has written down: [(what, value)]."""
        count, = self.u64s(self.symbol("observation_count"), 1)
        if count > 40000:
            return []
        words = self.u64s(self.symbol("observations"), 2 * count)
        names = {what: self.string(what) for what in set(words[::2])}
        return [(names[what], value) for what, value in zip(words[::2], words[1::2])]

    @property
    def observed(self):
        """The same of a test kernel that has come to its end."""
        if self._observed is None:
            self._observed = self.observed_so_far()
        if self._observed[-1:] != [("end", len(self._observed) - 1)]:
            raise NotReached(f"the test kernel has not run to its end: {self.stopped()}")
        return self._observed

    def values(self, what, count=None):
        """All values of an observation; a test that needs so many of them says how many."""
        if not self._values:                    # once: a test may ask for each of thousands
            for name, value in self.observed:
                self._values.setdefault(name, []).append(value)
        values = self._values.get(what, [])
        self.expect(count in (None, len(values)), f"the test kernel to report \"{what}\" {count} times",
                    f"it has reported that {len(values)} times")
        return values

    def value(self, what):
        values = self.values(what)
        if not values:
            raise NotReached(f"the test kernel has not come to \"{what}\"")
        return values[0]

    def groups(self, first, count=None):
        """The observations, cut before each one named `first`, of which there is one at least."""
        self.value(first)
        self.values(first, count)
        groups = []
        for name, value in self.observed:
            if name == first:
                groups.append(Group())
            if groups:
                groups[-1].setdefault(name, value)
        return groups

    # ---- page tables ----

    def pages(self, root, first=0, last=511):
        """Every mapping below a PML4, walked by the harness itself."""
        return list(paging.mappings(self.memory, root, first, last))

    # ---- system calls ----

    def system_calls(self):
        """Each `int 0x80` that came from ring 3, in order.

        QEMU's record has the registers at the instruction. Bochs' has not: there
        the registers are those at the stub, with the frame that the processor
        pushed; it must have seen as many such instructions as came to the stub."""
        genuine = [e for e in self.record.events
                   if e.vector == 0x80 and e.kind == "software" and e.cpl == 3]
        if self.emulator == "qemu":
            return [SystemCall(e.registers, e.rip, e.cs, e.registers.rflags, e.rsp, e.ss) for e in genuine]
        calls = [SystemCall(s.registers, *(s.stack or (None,) * 5), entry=s.registers["rsp"] + 40)
                 for s in self.snapshots("int80")]
        self.expect(len(calls) <= len(genuine), "system calls that come from ring 3",
                    f"{len(calls)} came to the stub of int 0x80, yet Bochs has seen ring 3 "
                    f"execute {len(genuine)}")
        return calls

    def reports(self, program):
        """What a test program reported: {what: value}."""
        cr3 = self.cr3_of(program)
        return {call.rdi: call.rsi for call in self.system_calls()
                if call.number == REPORT_NUMBER and call.cr3 == cr3}

    def report(self, program, what, meaning):
        """One value that a test program reported."""
        reports = self.reports(program)
        if what not in reports:
            raise NotReached(f"the program {program} never came to report {meaning}: {self.stopped()}")
        return reports[what]

    def cr3_of(self, program):
        """The page table in CR3 at the program's first instruction."""
        return self.start(program).cr3

    def starts(self):
        """What the machine was like when each program first came to its first
        instruction. An interrupt may come just there: then it comes there again."""
        starts = []
        for snapshot in self.snapshots("start"):
            if not starts or snapshot.registers.cr3 != starts[-1].registers.cr3:
                starts.append(snapshot)
        return starts

    def start(self, program):
        """The registers at a program's first instruction. Programs start at
        USER_PROGRAM_BASE, one after the other in the order of their PIDs."""
        starts, order = self.starts(), list(self.programs)
        if order.index(program) >= len(starts):
            times = len(self.snapshots("start"))
            self.expect(times < self.hits("start"), "a program that comes to its first instruction once",
                        f"PID {len(starts)} came there {times - len(starts) + 1} times, and perhaps again: "
                        "it begins anew instead of going on")
            raise NotReached(f"the program {program} never started: {self.stopped()}")
        return starts[order.index(program)].registers

    def pid_of(self, program):
        return list(self.programs).index(program) + 1

    def program_symbol(self, program, name):
        return symbols.load(self.programs[program]).address(name)


REPORT_NUMBER = 0x5EED
