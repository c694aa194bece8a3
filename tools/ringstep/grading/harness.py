"""What a test sees of a run, and how it says what is wrong.

A test is a function in grading/labN/tests*.py. It gets a Run, looks at what the
machine did, and calls expect() for each thing that must hold.
"""
from functools import cached_property
from pathlib import Path
from typing import Dict, List, Optional

from ringstep.grading.evidence import Evidence
from ringstep.grading.registry import BOTH, Boot, Test, Watch, test
from ringstep.grading.seen import Fail, Group, NotReached, Note, SystemCall, grouped, signed
from ringstep.kernel import paging, symbols
from ringstep.kernel.contract import constants
from ringstep.machine.record import Record, Registers, Snapshot

__all__ = ["BOTH", "Boot", "Fail", "Group", "NotReached", "Run", "SystemCall", "Test", "Watch",
           "program_starts", "signed", "system_calls", "test"]

START, SYSTEM_CALL = "start", "system call"
FRAME_WORDS = 5                 # what an interrupt pushes: RIP, CS, RFLAGS, RSP, SS
MOST_NOTES = 40000


def program_starts(hits: int, memory: bool = False) -> Watch:
    """The first instruction of every program."""
    return Watch(START, hits, memory,
                 address=lambda root, _: constants(str(root))["USER_PROGRAM_BASE"])


def system_calls(hits: int) -> Watch:
    """The stub to which system calls come. QEMU's record has them without a stop, which
    would let a timer's tick pass."""
    return Watch(SYSTEM_CALL, hits, stack=FRAME_WORDS, emulators=("bochs",),
                 address=lambda root, known: stub_of(known, call_vector(root)))


def call_vector(root: Path) -> int:
    return constants(str(root))["SYSCALL_VECTOR"]


def stub_of(known: symbols.Symbols, vector: int) -> int:
    """The address of a vector's stub, from the kernel's file."""
    entry = known.bytes_at(known.address("trap_stubs") + 8 * vector, 8)
    if entry is None:
        raise LookupError("the table of the stubs is not in the kernel's file")
    return int.from_bytes(entry, "little")


class Run(Evidence):
    """One boot of one kernel on one emulator."""

    def __init__(self, root: Path, boot: Boot, record: Record, kernel: str,
                 programs: Optional[Dict[str, str]] = None, secret: bytes = b""):
        super().__init__(root, boot, record, kernel)
        self.programs = programs or {}          # name → ELF file, in the order of the PIDs
        self.greeting = secret                  # what came into the image in place of Boot.secret

    # ---- test kernels ----

    def observed_so_far(self) -> List[Note]:
        """What the test kernel has written down: [(what, value)]."""
        count, = self.u64s(self.symbol("observation_count"), 1)
        if count > MOST_NOTES:
            return []
        words = self.u64s(self.symbol("observations"), 2 * count)
        names = {what: self.string(what) for what in set(words[::2])}
        return [(names[what], value) for what, value in zip(words[::2], words[1::2])]

    @cached_property
    def observed(self) -> List[Note]:
        """The same of a test kernel that has come to its end."""
        notes = self.observed_so_far()
        if notes[-1:] != [("end", len(notes) - 1)]:
            raise NotReached(f"the test kernel has not run to its end: {self.stopped()}")
        return notes

    @cached_property
    def by_name(self) -> Dict[str, List[int]]:
        values: Dict[str, List[int]] = {}
        for name, value in self.observed:
            values.setdefault(name, []).append(value)
        return values

    def values(self, what: str, count: Optional[int] = None) -> List[int]:
        """All values of an observation; a test that needs so many of them says how many."""
        values = self.by_name.get(what, [])
        self.expect(count in (None, len(values)),
                    f"the test kernel to report \"{what}\" {count} times",
                    f"it has reported that {len(values)} times")
        return values

    def value(self, what: str) -> int:
        values = self.values(what)
        if not values:
            raise NotReached(f"the test kernel has not come to \"{what}\"")
        return values[0]

    def groups(self, first: str, count: Optional[int] = None) -> List[Group]:
        """The observations, cut before each one named `first`, of which there is one at least."""
        self.value(first)
        self.values(first, count)
        return grouped(self.observed, first)

    # ---- page tables ----

    def pages(self, root: int, first: int = 0, last: int = 511) -> List[paging.Mapping]:
        """Every mapping below a PML4, walked by the harness itself."""
        return list(paging.mappings(self.memory, root, first, last))

    # ---- system calls ----

    def system_calls(self) -> List[SystemCall]:
        """Each system call that came from ring 3, in order.

        QEMU's record has the registers at the instruction. Bochs' has not: there
        the registers are those at the stub, with the frame that the processor
        pushed; it must have seen as many such instructions as came to the stub."""
        vector = call_vector(self.root)
        genuine = [e for e in self.exceptions(vector, "software") if e.cpl == 3]
        if self.emulator == "qemu":
            return [SystemCall(e.registers, None, e.rip, e.cs, e.registers.rflags, e.rsp, e.ss)
                    for e in genuine if e.registers]
        stubs = self.snapshots(SYSTEM_CALL)
        self.expect(len(stubs) <= len(genuine), "system calls that come from ring 3",
                    f"{len(stubs)} came to the stub of int {vector:#x}, yet Bochs has seen "
                    f"ring 3 execute {len(genuine)}")
        return [SystemCall(each.registers, each.registers["rsp"] + 8 * FRAME_WORDS,
                           *(each.stack or (None,) * FRAME_WORDS)) for each in stubs]

    def reports(self, program: str) -> Dict[int, int]:
        """What a test program reported: {what: value}."""
        cr3, number = self.cr3_of(program), self.constant("REPORT_NUMBER")
        return {call.rdi: call.rsi for call in self.system_calls()
                if call.number == number and call.cr3 == cr3}

    def report(self, program: str, what: int, meaning: str) -> int:
        """One value that a test program reported."""
        reports = self.reports(program)
        if what not in reports:
            raise NotReached(f"the program {program} never came to report {meaning}: "
                             f"{self.stopped()}")
        return reports[what]

    def cr3_of(self, program: str) -> Optional[int]:
        """The page table in CR3 at the program's first instruction."""
        return self.start(program).cr3

    def starts(self) -> List[Snapshot]:
        """What the machine was like when each program first came to its first
        instruction. An interrupt may come just there: then it comes there again."""
        starts: Dict[Optional[int], Snapshot] = {}      # by page table
        for snapshot in self.snapshots(START):
            starts.setdefault(snapshot.registers.cr3, snapshot)
        return list(starts.values())

    def start(self, program: str) -> Registers:
        """The registers at a program's first instruction. Programs start at
        USER_PROGRAM_BASE, in the order of their PIDs."""
        starts, order = self.starts(), list(self.programs)
        if order.index(program) >= len(starts):
            roots = [s.registers.cr3 for s in self.snapshots(START)]
            pids = list(dict.fromkeys(roots))
            most = max(pids, key=roots.count, default=0)
            self.expect(len(roots) < self.boot.watch(START).hits,
                        "a program that comes to its first instruction once",
                        f"PID {pids.index(most) + 1 if pids else 0} came there "
                        f"{roots.count(most)} times, and perhaps again: "
                        "it begins anew instead of going on")
            raise NotReached(f"the program {program} never started: {self.stopped()}")
        return starts[order.index(program)].registers

    def pid_of(self, program: str) -> int:
        return list(self.programs).index(program) + 1

    def program_symbol(self, program: str, name: str) -> int:
        return symbols.load(self.programs[program]).address(name)
