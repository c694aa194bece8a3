"""Guest instructions between two places of an unmodified kernel, as Bochs counts them.

The rows are data: grading/labN/bench.txt. A place is where the processor comes to a symbol
of the kernel or of its programs. `f#2` is the second time, `f>` the return of that call or
trap, `f/g` the first time in `g` after `f`; `vector 13` is a stub of the IDT.

The machine has no serial port: reading its status gives all ones, "can send", so no row
waits for the UART. Bochs' own time is one an instruction, and one a turn of a `rep`.
"""
import os
import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Dict, Generator, List, Tuple

from ringstep.bench.build import Built, build
from ringstep.course.labs import CourseError
from ringstep.grading.harness import stub_of
from ringstep.kernel import symbols
from ringstep.machine import bochs
from ringstep.machine.record import Limits, MachineError, Registers

NO_UART = "com1: enabled=0\n"
STOP = re.compile(r"Next at t=(\d+)")
STEP = re.compile(r"\] ([0-9a-f]{4}):([0-9a-f]{16}) ")     # CS and RIP
BOOT_SECTOR = "boot_sector"         # where Bochs stands when we come

Counts = Dict[str, int]             # row → instructions
Waits = Generator[int, Registers, int]

# Where an interrupt comes from outside Bochs looks for breakpoints from the handler's second
# instruction on; the first of these stubs is `push 0`, of two bytes.
INTERRUPTS = [f"vector {number}" for number in range(32, 48)]
PUSH_0 = 2


@dataclass(frozen=True)
class Row:
    name: str
    lab: int
    test: str                       # TEST=, or "" for the lab's own kernel
    first: str                      # from this place …
    last: str                       # … to this one


def rows(root: Path) -> List[Row]:
    """The rows of all labs, in the order of their files."""
    found = []
    for file in sorted(root.glob("grading/lab*/bench.txt")):
        lab = int(re.sub(r"\D", "", file.parent.name))
        for line in file.read_text().splitlines():
            if line.strip() and not line.startswith("#"):
                parts = [part.strip() for part in line.split("|")]
                if len(parts) not in (3, 4):
                    raise CourseError(f"{file.relative_to(root)}: a row has a name, a kernel and "
                                      f"one or two places: {line}")
                name, test, first, last = (parts + [parts[2] + ">"])[:4]
                found.append(Row(name, lab, test.strip("-"), first, last))
    return found


class Places:
    """Where each place is, in one kernel and its programs."""

    def __init__(self, built: Built) -> None:
        self.files = [built.kernel, *built.programs]
        self.kernel = built.kernel

    def address(self, name: str) -> int:
        if name.startswith("vector "):
            return stub_of(symbols.load(self.kernel), int(name.split()[1], 0))
        for file in self.files:
            if name in symbols.load(file).names:
                return symbols.load(file).address(name)
        raise MachineError(f"grading/lab*/bench.txt: {self.kernel} has no symbol {name}")

    def steps(self, place: str) -> List[Tuple[int, int, int, bool]]:
        """Of each part: its address, how many instructions behind it we stop, how often to
        come there, whether to go on to the return."""
        parts = [re.fullmatch(r"(.+?)(?:#(\d+))?(>?)", part) for part in place.split("/")]
        return [(self.address(part[1]), int(part[1] in INTERRUPTS), int(part[2] or 1),
                 bool(part[3])) for part in parts if part]


class Watch:
    """Bochs with breakpoints; several places are followed in one run."""

    def __init__(self, resources: ExitStack, built: Built) -> None:
        self.places = Places(built)
        self.machine = bochs.Bochs(resources, built.image, Limits(cpu_seconds=60), more=NO_UART)
        self.points: Dict[int, int] = {}        # address → Bochs' number for the breakpoint
        self.made = 1                           # the boot sector's is its first

    def follow(self, place: str) -> Waits:
        """Yields the address to wait for, gets the registers there; how late that was."""
        late = 0
        for address, late, times, returns in self.places.steps(place):
            for _ in range(times):
                registers = yield address + PUSH_0 * late
            if returns:                         # of a call or a trap: it lies on top of the stack
                yield self.word_at(registers, registers["rsp"] + 8 * late)
                late = 0
        return late

    def word_at(self, registers: Registers, address: int) -> int:
        memory = self.machine.memory
        data = memory and memory.virtual(registers.cr3 or 0, address, 8)
        if not data:
            raise MachineError("Bochs' memory cannot be read here: make bench needs Linux")
        return int.from_bytes(data, "little")

    def commands(self, waiting: Dict[int, Dict[str, Waits]]) -> List[str]:
        """What to type so that there are breakpoints where somebody waits, and only there."""
        gone = [f"d {self.points.pop(a)}" for a in [*self.points] if a not in waiting]
        new = [address for address in waiting if address not in self.points]
        for address in new:
            self.made += 1
            self.points[address] = self.made
        return gone + [f"lb {address:#x}" for address in new]

    def run(self, wanted: List[str]) -> Dict[str, int]:
        """place → instructions from power-on until the machine came there."""
        self.machine.start()
        now = re.search(r"ptime: (\d+)", self.machine.ask("ptime", "ptime:"))
        times = {BOOT_SECTOR: int(now[1]) if now else 0}
        waiting: Dict[int, Dict[str, Waits]] = {}
        for place in wanted:
            if place != BOOT_SECTOR:
                waits = self.follow(place)
                waiting.setdefault(next(waits), {})[place] = waits
        while waiting:
            missing = ", ".join(sorted(place for at in waiting.values() for place in at))
            try:
                stop = STOP.search(self.machine.go(*self.commands(waiting)))
            except EOFError:
                stop = None
            if not stop:
                raise MachineError(f"make bench: the kernel has not come to {missing}")
            registers = self.machine.registers()
            for place, waits in waiting.pop(registers.rip or 0, {}).items():
                try:
                    waiting.setdefault(waits.send(registers), {})[place] = waits
                except StopIteration as done:
                    times[place] = int(stop[1]) - done.value
        return times


def run(built: Built, only: List[Row]) -> Counts:
    """The rows of one kernel, in one run of it."""
    with ExitStack() as resources:
        times = Watch(resources, built).run(
            [*dict.fromkeys(place for row in only for place in (row.first, row.last))])
    return {row.name: times[row.last] - times[row.first] for row in only}


def steps(built: Built, start: str) -> List[int]:
    """The address of each instruction from a place in the kernel until ring 3 goes on."""
    addresses: List[int] = []
    with ExitStack() as resources:
        watch = Watch(resources, built)
        watch.run([start])
        stop = STEP.search(watch.machine.ask("s", bochs.STOPPED))
        while stop and not int(stop[1], 16) & 3:
            addresses.append(int(stop[2], 16))
            stop = STEP.search(watch.machine.ask("s", bochs.STOPPED))
    return addresses


def count(root: Path, only: List[Row], opt: str = "") -> Counts:
    """Instructions of each row, with as many runs at a time as there are processors."""
    kernels: Dict[Tuple[int, str], List[Row]] = {}
    for row in only:
        kernels.setdefault((row.lab, row.test), []).append(row)
    built = [build(root, lab, test, opt) for lab, test in kernels]
    counts: Counts = {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for found in pool.map(run, built, kernels.values()):
            counts.update(found)
    return {row.name: counts[row.name] for row in only}
