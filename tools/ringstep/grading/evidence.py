"""One boot of one kernel on one emulator: what the machine did, and how it ended.

What a kernel prints or writes into its own variables is a claim; registers, tables in
memory and the emulator's record of traps are evidence.
"""
import os
import re
import struct
from functools import cached_property
from pathlib import Path
from typing import List, Optional, Tuple

from ringstep.explain import postmortem
from ringstep.explain.scene import Scene
from ringstep.grading.registry import Boot
from ringstep.grading.seen import UNREADABLE, Fail, NotReached
from ringstep.kernel import symbols
from ringstep.kernel.contract import constants
from ringstep.kernel.paging import Memory
from ringstep.machine.record import ENDS, Event, Record, Registers, Snapshot

STATUSES = {
    0: "the kernel ran to its end and switched the machine off",
    1: "the kernel panicked",
    2: "the kernel stopped at an unwritten exercise",
    3: "the kernel stopped at an exercise with a wrong result",
}
NO_STATUS = "it switched the machine off without coming to the kernel's own end"
OWN_WORDS = re.compile(r"Exercise \d|PANIC")
UNWRITTEN = re.compile(r"^Exercise (\d+\.\d+): .* is yours to write", re.M)
STOPPED_IN = re.compile(r"^Exercise (\d+\.\d+)(?:: | is wrong)", re.M)


class Evidence:
    def __init__(self, root: Path, boot: Boot, record: Record, kernel: str):
        self.root, self.boot, self.record, self.emulator = root, boot, record, record.emulator
        self.constants = constants(str(root))
        self.symbols = symbols.load(kernel)

    # ---- saying what is wrong ----

    def expect(self, holds: object, expected: str, got: str) -> None:
        if not holds:
            raise Fail(expected, got)

    def equal(self, what: str, got: object, expected: object, form: str = "{:#x}") -> None:
        def show(value: object) -> str:
            return form.format(value) if isinstance(value, int) else str(value)
        self.expect(got == expected, f"{what} {show(expected)}", f"it is {show(got)}")

    # ---- reading ----

    @property
    def memory(self) -> Memory:
        """Physical memory at the end of the run."""
        if self.record.memory is None:
            raise NotReached(f"nothing is known of the machine's memory: {self.stopped()}")
        return self.record.memory

    @property
    def text(self) -> str:
        return self.record.text

    def constant(self, name: str) -> int:
        return self.constants[name]

    def symbol(self, name: str) -> int:
        """The address of a thing of the kernel's; no exercise may bring another of that name."""
        count = len(self.symbols.places[name])
        self.expect(count == 1, f"one {name} in the kernel, the course's own",
                    f"there are {count}: is one in an exercise?")
        return self.symbols.address(name)

    def image(self, address: int, length: int) -> bytes:
        """Bytes of the kernel's image in memory, by virtual address."""
        physical = address - self.constant("KERNEL_BASE") + self.constant("KERNEL_LOAD_ADDRESS")
        return self.memory.read(physical, length)

    def u64s(self, address: int, count: int) -> Tuple[int, ...]:
        return struct.unpack(f"<{count}Q", self.image(address, 8 * count))

    def string(self, address: int) -> str:
        return self.image(address, 80).split(b"\0")[0].decode("latin-1")

    def at(self, watch: str) -> Registers:
        """The registers when the kernel first came to a place that is watched."""
        snapshot = self.record.at(watch)
        if snapshot is None:
            raise NotReached(f"the kernel never came to {watch}(): {self.stopped()}")
        return snapshot.registers

    def snapshots(self, watch: str) -> List[Snapshot]:
        return [s for s in self.record.snapshots if s.name == watch]

    def exceptions(self, vector: Optional[int] = None, kind: str = "exception") -> List[Event]:
        return [e for e in self.record.events
                if e.kind == kind and vector in (None, e.vector)]

    # ---- how it ended ----

    def stopped(self) -> str:
        """How the run ended, in words."""
        record = self.record
        if record.end == "power-off":
            return STATUSES.get(-1 if record.status is None else record.status, NO_STATUS)
        if record.end == "limit":
            return f"it was stopped at its limit of {record.limit}"
        if record.end == "gave-up":
            return f"{ENDS[record.end]} ({record.limit})"
        if record.end not in ("triple-fault", "reset"):
            return ENDS[record.end]
        try:
            exceptions = list(postmortem.last_exceptions(record, self.symbols.path))
        except UNREADABLE:
            exceptions = []
        return "; ".join([ENDS[record.end], *exceptions])

    @property
    def last_words(self) -> str:
        """What the kernel said when it stopped: its verdict on itself, or its last line."""
        lines = [line for line in self.text.split("\n") if line.strip()]
        own = [line for line in lines if OWN_WORDS.match(line)]
        return (own or lines or [""])[-1]

    @property
    def unwritten(self) -> str:
        """The exercise at which the kernel stopped, as it says, since it is not written; or ""."""
        return str((UNWRITTEN.findall(self.text) or [""])[-1])

    @cached_property
    def cause(self) -> str:
        """What the post-mortem takes for the cause of a bad end, or "". A submission may
        have made the kernel's file unreadable: that costs the explanation only."""
        try:
            return postmortem.cause(self.record, self.symbols.path) or ""
        except UNREADABLE:
            return ""
        except Exception as error:          # ours: it is said, and costs nobody a verdict
            if os.environ.get("RINGSTEP_DEBUG"):
                raise
            return f"not known: the explanation itself broke ({error!r})"

    @cached_property
    def stopped_in(self) -> str:
        """The exercise in which a run ended badly, or "": by the kernel's words, or its stack."""
        own = STOPPED_IN.findall(self.text)
        if own and self.record.status in (2, 3):
            return str(own[-1])
        if postmortem.ended_well(self.record):
            return ""
        try:
            return Scene(self.record, self.symbols.path).at_work("")
        except UNREADABLE:
            return ""

    @property
    def ends_well(self) -> bool:
        return self.record.end == "power-off" and self.record.status == 0

    @property
    def hangs(self) -> bool:
        return self.record.end == "limit"

    def ended_well(self) -> None:
        """The kernel came to its own end, and did not stop on the way."""
        if self.hangs:
            raise NotReached(self.stopped())
        self.expect(self.ends_well, "the kernel runs to its end and switches the machine off",
                    self.stopped())
