"""What is known about one run of a kernel, whichever emulator ran it.

Tests read a Record and never talk to an emulator. What an emulator cannot
tell is None.
"""
import struct
from dataclasses import dataclass, field, replace
from typing import Dict, List, Optional

from ringstep.kernel import symbols
from ringstep.kernel.paging import translate

PAGE = 4096
CHUNK = 1 << 16
GENERAL = ("rax rbx rcx rdx rsi rdi rbp rsp "
           "r8 r9 r10 r11 r12 r13 r14 r15").split()
PUSH_ERROR_CODE = {8, 10, 11, 12, 13, 14, 17, 21}
SEGMENTS = "es cs ss ds fs gs ldtr tr".split()


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
class Point:
    """A place at which to look at the processor, the first `hits` times."""
    name: str
    address: Optional[int] = None   # None: the kernel's symbol of that name
    hits: int = 1
    stack: int = 0              # so many 8-byte words from rsp up
    memory: bool = False        # keep a copy of physical memory


def resolve(points, kernel):
    """{address: [point, hits left]}, with the addresses of symbols filled in."""
    found = {}
    for point in points:
        if point.address is None:
            point = replace(point, address=address_in(kernel, point.name))
        found[point.address] = [point, point.hits]
    return found


def address_in(kernel, name):
    try:
        return symbols.load(kernel).address(name)
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
class Table:
    base: int
    limit: int


@dataclass
class Registers:
    general: Dict[str, int]
    rip: Optional[int]
    rflags: Optional[int]
    cpl: int
    segments: Dict[str, Segment] = field(default_factory=dict)
    gdtr: Optional[Table] = None
    idtr: Optional[Table] = None
    cr0: Optional[int] = None
    cr2: Optional[int] = None
    cr3: Optional[int] = None
    cr4: Optional[int] = None
    efer: Optional[int] = None
    halted: Optional[bool] = None

    def __getitem__(self, name):
        return self.general[name]

    @property
    def bits(self):
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
    serial_before: Optional[int] = None     # bytes sent to the serial port before it
    time: Optional[int] = None              # Bochs: instructions since power-on
    reason: Optional[str] = None            # Bochs: why, in its own words
    dump: Optional[object] = None           # QEMU: the registers, which it parses when asked

    @property
    def registers(self):
        return self.dump and self.dump.registers()

    @property
    def cr3(self):
        return self.dump and self.registers.cr3


class Memory:
    """Physical memory. `read` gets an address and a length."""

    def __init__(self, read, size):
        self._read, self.size = read, size

    def read(self, address, length):
        if address < 0 or address + length > self.size:
            raise LookupError(f"physical address {address:#x} is outside of memory")
        return self._read(address, length)

    def u64(self, address):
        return struct.unpack("<Q", self.read(address, 8))[0]

    def copy(self):
        """Frozen as it is now; what is zero takes no room."""
        chunks, zero = {}, bytes(CHUNK)
        for at in range(0, self.size, CHUNK):
            chunk = self._read(at, CHUNK)
            if chunk != zero:
                chunks[at] = chunk

        def read(address, length):
            first, end = address // CHUNK * CHUNK, address + length
            data = b"".join(chunks.get(at, zero) for at in range(first, end, CHUNK))
            return data[address - first:end - first]
        return Memory(read, self.size)

    def virtual(self, cr3, address, length):
        """What lies at a virtual address, or None where nothing is mapped."""
        data = b""
        while length:
            physical = translate(self, cr3, address)
            if physical is None or physical >= self.size:
                return None
            part = min(length, PAGE - address % PAGE)
            data += self.read(physical, part)
            address, length = address + part, length - part
        return data


@dataclass
class Snapshot:
    point: str
    registers: Registers
    stack: Optional[List[int]] = None       # None: not asked for, or not mapped
    memory: Optional[Memory] = None

    @staticmethod
    def take(point, registers, memory):
        stack = None
        if point.stack and memory:
            data = memory.virtual(registers.cr3, registers["rsp"], 8 * point.stack)
            stack = data and list(struct.unpack(f"<{point.stack}Q", data))
        return Snapshot(point.name, registers, stack,
                        memory.copy() if memory and point.memory else None)


@dataclass
class Record:
    emulator: str                           # "qemu" or "bochs"
    end: str                                # one of ENDS
    status: Optional[int] = None            # what the kernel says, on port 0xE9
    serial: bytes = b""
    events: List[Event] = field(default_factory=list)
    snapshots: List[Snapshot] = field(default_factory=list)
    registers: Optional[Registers] = None   # at the end; QEMU: see Point("machine_off")
                                            # for the general ones after a power-off
    memory: Optional[Memory] = None         # at the end
    limit: Optional[str] = None             # which one, where end is "limit"; why, where "gave-up"
    samples: List[Registers] = field(default_factory=list)  # now and then during the run

    @property
    def text(self):
        return self.serial.decode("utf-8", "backslashreplace").replace("\r\n", "\n")

    def at(self, name):
        """The first snapshot of that name, or None."""
        return next((s for s in self.snapshots if s.point == name), None)


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


def status_of(port_e9):
    """The status is the last byte written to port 0xE9, a digit."""
    last = port_e9[-1:]
    return int(last) if last.isdigit() else None
