"""What is known about one run of a kernel, whichever emulator ran it.

Tests read a Record and never talk to an emulator. What an emulator cannot
tell is None.
"""
import os
import struct
from dataclasses import dataclass, field
from typing import Any, Callable, Dict, Iterable, List, NamedTuple, Optional, Tuple, Union

from ringstep.kernel import symbols
from ringstep.kernel.paging import Memory

PathLike = Union[str, "os.PathLike[str]"]
Live = Callable[[bytes], object]        # gets serial bytes as they come
Look = Callable[[int, "Registers", Memory], bool]   # gets the time; False: it has seen enough

GENERAL = ("rax rbx rcx rdx rsi rdi rbp rsp "
           "r8 r9 r10 r11 r12 r13 r14 r15").split()
PUSH_ERROR_CODE = {8, 10, 11, 12, 13, 14, 17, 21}


class MachineError(Exception):
    """The emulator is missing, broke, or cannot be understood: a grader-error."""


@dataclass(frozen=True)
class Limits:
    """What a run gets and may cost. None: as much as it likes."""
    mib: int = 64                               # of memory
    instructions: Optional[int] = 50_000_000    # from the boot sector on
    cpu_seconds: Optional[int] = 5              # of the emulator
    serial_bytes: int = 1 << 20
    log_bytes: int = 32 << 20
    confined: bool = False                      # in a sandbox, where there is one


@dataclass(frozen=True)
class Breakpoint:
    """A place at which to look at the processor, the first `hits` times."""
    name: str
    address: Optional[int] = None   # None: the kernel's symbol of that name
    hits: int = 1
    stack: int = 0                  # so many 8-byte words from rsp up
    memory: bool = False            # keep a copy of physical memory
    look: Optional[Look] = None     # Bochs: called in place of keeping anything


class Breakpoints:
    """The breakpoints of a run by address, and how often each is still to be hit."""

    def __init__(self, breakpoints: Iterable[Breakpoint], kernel: Optional[PathLike]) -> None:
        self.at: Dict[int, Breakpoint] = {}
        for point in breakpoints:
            address = address_in(kernel, point.name) if point.address is None else point.address
            self.at[address] = point
        self.left = {address: point.hits for address, point in self.at.items()}

    def hit(self, address: int) -> Optional[Breakpoint]:
        """The one that is to be looked at here; that look is counted."""
        if self.left.get(address, 0) <= 0:
            return None
        self.left[address] -= 1
        return self.at[address]


def address_in(kernel: Optional[PathLike], name: str) -> int:
    try:
        return symbols.load(os.fspath(kernel or "")).address(name)
    except (KeyError, OSError):
        raise MachineError(f"{kernel} has no symbol {name}") from None


@dataclass(frozen=True)
class Segment:
    """A segment register with its hidden part, the descriptor cache."""
    selector: int
    base: Optional[int]         # None: Bochs shows 32 bits of a 64-bit base
    base_low: int               # bits 31-0
    limit: int                  # in bytes
    attributes: int             # bits 63-32 of the descriptor, without base and limit


@dataclass(frozen=True)
class TableRegister:
    """GDTR or IDTR."""
    base: int
    limit: int


@dataclass
class Registers:
    general: Dict[str, int]
    rip: Optional[int]
    rflags: Optional[int]
    cpl: int
    segments: Dict[str, Segment] = field(default_factory=dict)
    gdtr: Optional[TableRegister] = None
    idtr: Optional[TableRegister] = None
    cr0: Optional[int] = None
    cr2: Optional[int] = None
    cr3: Optional[int] = None
    cr4: Optional[int] = None
    efer: Optional[int] = None
    halted: Optional[bool] = None

    def __getitem__(self, name: str) -> int:
        return self.general[name]

    @property
    def bits(self) -> int:
        """The width of the code: 16, 32 or 64."""
        if not (self.cr0 or 0) & 1:
            return 16
        attributes = self.segments["cs"].attributes if "cs" in self.segments else 1 << 21
        if (self.efer or 0) >> 10 & 1 and attributes >> 21 & 1:
            return 64
        return 32 if attributes >> 22 & 1 else 16


@dataclass
class Event:
    """An exception, an interrupt or a system call on its way into the kernel."""
    kind: str                               # "exception", "interrupt", "software"
    vector: int
    error_code: Optional[int] = None        # None where the processor pushes none
    cpl: Optional[int] = None               # the ring that it came from
    cs: Optional[int] = None
    rip: Optional[int] = None               # software: the address of the `int`
    ss: Optional[int] = None
    rsp: Optional[int] = None
    cr2: Optional[int] = None               # page faults only
    time: Optional[int] = None              # Bochs: instructions since power-on
    reason: Optional[str] = None            # Bochs: why, in its own words
    dump: Optional[Tuple[Callable[[Any], Registers], object]] = None    # registers, read when asked

    @property
    def registers(self) -> Optional[Registers]:
        return self.dump[0](self.dump[1]) if self.dump else None

    @property
    def cr3(self) -> Optional[int]:
        return self.registers.cr3 if self.registers else None


@dataclass
class Snapshot:
    name: str                               # of the breakpoint
    registers: Registers
    stack: Optional[List[int]] = None       # None: not asked for, or not mapped
    memory: Optional[Memory] = None

    @staticmethod
    def take(breakpoint: Breakpoint, registers: Registers, memory: Optional[Memory]) -> "Snapshot":
        stack, words = None, breakpoint.stack
        if words and memory and registers.cr3 is not None:
            data = memory.virtual(registers.cr3, registers["rsp"], 8 * words)
            stack = list(struct.unpack(f"<{words}Q", data)) if data else None
        return Snapshot(breakpoint.name, registers, stack,
                        memory.copy() if memory and breakpoint.memory else None)


class End(NamedTuple):
    """How a run ended."""
    name: str                               # one of ENDS
    limit: Optional[str] = None             # which, where that is "limit"; why, where "gave-up"


@dataclass
class Record:
    emulator: str                           # "qemu" or "bochs"
    end: str                                # one of ENDS
    status: Optional[int] = None            # what the kernel says, on port 0xE9
    serial: bytes = b""
    events: List[Event] = field(default_factory=list)
    snapshots: List[Snapshot] = field(default_factory=list)
    registers: Optional[Registers] = None   # at the end; QEMU after a power-off: not the general
    #                                         ones, which a breakpoint in machine_off tells
    memory: Optional[Memory] = None         # at the end
    limit: Optional[str] = None             # which, where end is "limit"; why, where "gave-up"
    samples: List[Registers] = field(default_factory=list)  # now and then during the run

    @property
    def text(self) -> str:
        return self.serial.decode("utf-8", "backslashreplace").replace("\r\n", "\n")

    def at(self, name: str) -> Optional[Snapshot]:
        """The first snapshot of that name, or None."""
        return next((s for s in self.snapshots if s.name == name), None)


ENDS = {
    "power-off": "the kernel switched the machine off",
    "triple-fault": "the processor could not deliver an exception: triple fault",
    "reset": "the kernel reset the machine",
    "halted": "the processor halted with interrupts off",
    "limit": "a limit was reached",
    "suspended": "the kernel put the machine to sleep",
    "closed": "the machine was closed, by its window or by GDB",
    "stopped": "stopped with Ctrl-C; no emulator is left running",
    "gave-up": "Bochs gave up on what the kernel did",
}


def status_of(port_e9: bytes) -> Optional[int]:
    """The status is the last byte written to port 0xE9, a digit."""
    last = port_e9[-1:]
    return int(last) if last.isdigit() else None
