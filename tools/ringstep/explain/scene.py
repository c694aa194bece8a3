"""The end of a run, with what the rules about causes ask of it."""
import re
from dataclasses import replace
from functools import lru_cache
from typing import Callable, Iterator, List, NamedTuple, Optional, Tuple

from ringstep.course.labs import Lab, exercises, lab_of
from ringstep.explain.chain import alike_before, last_chain, same_place
from ringstep.kernel import decode, layout, paging
from ringstep.kernel.contract import ROOT, contract
from ringstep.kernel.paging import Memory
from ringstep.kernel.processes import (
    Process, kernel_root, lab_of_kernel, processes, running_on)
from ringstep.kernel.symbols import Symbols, load
from ringstep.machine.record import Event, Record, Registers

MASK = (1 << 64) - 1
PANIC = re.compile(r"^PANIC: (?:(?P<place>\S+:\d+): (?P<function>\w+)\(\): )?(?P<message>.*)", re.M)
CONSTANTS = layout.CONSTANTS
PANICKED = CONSTANTS["MACHINE_PANIC"]
TSS = contract().structure("tss")
NO_REGISTERS = Registers({}, None, None, 0)
NO_MEMORY = Memory(lambda address, length: b"", 0)


class Cause(NamedTuple):
    sentence: str
    read: str                   # an exercise's id, or a section: "trouble.md#it-hangs"


@lru_cache()
def section_of(read: str) -> str:
    """"lab2.md#exercise-21-…" for "2.1"; a section is one already."""
    if "#" in read:
        return read
    page = ROOT / Lab(lab_of(read), "").page
    text = page.read_text("utf-8") if page.exists() else ""
    heading = re.search(rf"^### (Exercise {re.escape(read)}: .*)", text, re.M)
    slug = re.sub(r"[^\w\- ]", "", heading[1]).lower().replace(" ", "-") if heading else ""
    return page.name + (f"#{slug}" if slug else "")


class Scene:
    """A record with what the rules ask of it."""

    def __init__(self, record: Record, kernel: Optional[str],
                 known: Optional[Symbols] = None) -> None:
        """`known`: GDB brings symbols of its own."""
        self.record, self.memory = record, record.memory or NO_MEMORY
        self.symbols = known or (load(kernel) if kernel else Symbols())
        self.names = self.symbols.names
        self.panic = PANIC.search(record.text) if record.status == PANICKED else None
        self.chain = self.chain_to_end()
        if self.chain and self.root.rip is None:                    # Bochs: the kernel says where
            place = re.search(r" at rip (0x[0-9a-f]+)", self.message)
            self.root.rip = int(place[1], 16) if place else None
        self.registers = self.registers_at_root()
        self.cr3 = self.registers.cr3 or 0
        self.table: List[Process] = []
        self.kernel_root = 0
        try:
            self.kernel_root = kernel_root(self.names, self.memory)
            self.table = processes(self.names, self.memory)
        except LookupError:
            pass                                # no kernel in memory yet
        self.owners = {process.kernel_stack: process.pid for process in self.table}
        self.op = self.instruction(self.root.rip) if self.chain else ""

    def chain_to_end(self) -> List[Event]:
        """The exceptions that led to the end, and the `int` that could not be delivered."""
        if self.panic and self.panic["function"]:
            return []
        events = self.reported()
        chain = last_chain(events, {self.names.get("probe_read_instruction")})
        if chain:
            before = events[:next(at for at, e in enumerate(events) if e is chain[0])][-1:]
            if before and before[0].kind != "exception" and same_place(before[0], chain[0]):
                return before + chain
        return alike_before(events, chain) + chain

    def reported(self) -> List[Event]:
        """The events up to the exception that the kernel has reported: what comes after that
        came of the report."""
        events = self.record.events
        words = re.match(r"(\S+) .* at rip (0x[0-9a-f]+)", self.message)
        for number in range(len(events), 0, -1):
            event = events[number - 1]
            if words and decode.vector(event.vector).split()[0] == words[1] \
                    and event.rip in (None, int(words[2], 16)):
                return events[:number]
        return events

    def asked_for(self) -> Tuple[str, str]:
        """(function, exercise) that the kernel was in when ring 3 was last left."""
        vectors = {CONSTANTS.get("SYSCALL_VECTOR"): ("sys_exit()", "3.3"),
                   CONSTANTS.get("VECTOR_TIMER"): ("timer_tick()", "3.5")}
        last = next((e for e in reversed(self.record.events) if e.cpl == 3), None)
        return vectors.get(last.vector if last else 0, ("process_fault()", "3.6"))

    def registers_at_root(self) -> Registers:
        found: Optional[Registers] = self.root.registers if self.chain else None
        if found:
            return found
        last = self.record.registers or NO_REGISTERS
        return replace(last, general={}) if self.chain else last    # those are of later

    @property
    def root(self) -> Event:
        """The first exception of the chain; rules of TRAPPED may ask, there is one."""
        return self.chain[0]

    @property
    def code(self) -> int:
        """The root's error code, 0 where it has none."""
        return self.root.error_code or 0

    @property
    def fault(self) -> Optional[int]:
        """The address with which the kernel raised #PF, where that is the root; or None."""
        return self.root.cr2 if self.root.vector == 14 and self.root.cpl == 0 else None

    @property
    def message(self) -> str:
        """Of the kernel's panic."""
        return self.panic["message"] if self.panic else ""

    @property
    def delivery(self) -> Optional[Event]:
        """The exception that came while the root was being delivered, or None."""
        if len(self.chain) > 1 and same_place(self.chain[0], self.chain[1]):
            return self.chain[1]
        return None

    @property
    def running(self) -> Optional[Process]:
        return running_on(self.table, self.cr3)

    # ---- what is in memory ----

    @property
    def paging(self) -> bool:
        return bool((self.registers.cr0 or 0) >> 31)

    def read(self, address: int, length: int) -> Optional[bytes]:
        """None where nothing is mapped."""
        if not self.paging:
            inside = 0 <= address <= self.memory.size - length
            return self.memory.read(address, length) if inside else None
        return self.memory.virtual(self.cr3, address & MASK, length) if self.cr3 else None

    def words(self, address: int, count: int) -> List[int]:
        """[] where nothing is mapped."""
        data = self.read(address, 8 * count) or b""
        return [int.from_bytes(data[i:i + 8], "little") for i in range(0, len(data), 8)]

    def mapped(self, address: int, root: int = 0) -> bool:
        return paging.translate(self.memory, root or self.cr3, address & MASK) is not None

    def instruction(self, address: Optional[int]) -> str:
        for length in (15, 7, 4, 2, 1):             # less, at the end of what is mapped
            code = self.read(address, length) if address is not None else None
            if code and address is not None:
                found = self.symbols.disassemble(code, address, self.registers.bits)
                return found[0] if found else "(no instruction)"
        return ""

    # ---- places in the kernel ----

    def function(self, address: Optional[int]) -> str:
        found = self.symbols.function(address) if address is not None else None
        return found[0] if found else ""

    def places(self, registers: Registers) -> List[int]:
        """Where the processor is, and where the functions around it go on, by the chain of RBPs."""
        if registers.rip is None:
            return []
        found, frame = [registers.rip], registers.general.get("rbp", 0)
        for _ in range(16):
            data = self.memory.virtual(registers.cr3 or 0, frame, 16) if frame % 8 == 0 else None
            if not data or frame < layout.USER_END:
                break
            found.append(int.from_bytes(data[8:], "little") - 1)
            frame = int.from_bytes(data[:8], "little")
        return found

    def callers(self, registers: Registers) -> List[str]:
        """The functions around a place, the innermost first."""
        return [name for name in map(self.function, self.places(registers)) if name]

    def exercises(self) -> List[Tuple[str, str]]:
        """(function, id) of each function on the stack that an exercise's file holds, the
        innermost first."""
        places = self.places(self.registers)
        known = {exercise.path: exercise.id for exercise in exercises(ROOT)}
        found = [(self.function(place), re.sub(r"^(labs|solutions)/", "", line[0]))
                 for place, line in zip(places, self.symbols.lines(places)) if line]
        return [(function, known[path]) for function, path in found if path in known]

    def at_work(self, otherwise: str) -> str:
        """The id of the exercise that was at work, or else something to read."""
        return next((id for _, id in self.exercises()), otherwise)

    def name(self, address: int) -> str:
        return layout.name(self.names, address & MASK, self.owners)

    def waits_for(self, process: Process) -> str:
        """The queue in which a process waits (lab 4): "child_ended of PID 8", or a variable; ""."""
        queue = process.record.get("waits_in", 0)
        if not queue or process.state != "waiting":
            return ""
        for other in self.table:
            for leaf, (offset, _) in contract().record(lab_of_kernel(self.names)).leaves.items():
                if queue == other.address + offset:
                    return f"{leaf.split('.')[0]} of " \
                        + ("its own" if other is process else f"PID {other.pid}")
        found = self.symbols.variable(queue)
        return found[0] + (f"+{found[1]:#x}" if found[1] else "") if found else f"{queue:#x}"

    # ---- the processor's tables ----

    def entry(self, selector: int) -> Optional[Tuple[int, int]]:
        """Two words of the GDT in use, or None behind its limit."""
        gdtr = self.registers.gdtr
        if not gdtr or (selector | 7) > gdtr.limit:
            return None
        low = self.words(gdtr.base + (selector & ~7), 1)
        high = self.words(gdtr.base + (selector & ~7) + 8, 1)
        return (low[0], high[0] if high else 0) if low else None

    def selector(self, selector: int) -> str:
        """What a selector names, in words."""
        entry, gdtr = self.entry(selector), self.registers.gdtr
        if selector < 4:
            return "the null selector"
        if entry is None:
            return f"behind the GDT's limit {gdtr.limit:#x}" if gdtr else "unknown"
        if entry[0] == 0:
            return "an empty entry of the GDT"
        return decode.segment(entry[0]) if entry[0] >> 44 & 1 else decode.system(*entry)

    def gate(self, vector: int) -> List[int]:
        """Two words of the IDT in use; [] behind its limit, or where it is not mapped."""
        idtr = self.registers.idtr
        if not idtr or 16 * vector + 15 > idtr.limit:
            return []
        return self.words(idtr.base + 16 * vector, 2)

    def stack_of(self, event: Event) -> Tuple[str, Optional[int]]:
        """The stack on which an event would have been taken: (what it is, its top)."""
        tr, gate = self.registers.segments.get("tr"), self.gate(event.vector)
        ist = gate[0] >> 32 & 7 if gate else 0
        if not ist and event.cpl == 0:
            return "the stack in use", event.rsp
        what, leaf = (f"IST {ist}", f"ist[{ist - 1}]") if ist else ("RSP0", "rsp[0]")
        top = self.words(tr.base + TSS.offset(leaf), 1) if tr and tr.base else []
        return what, top[0] if top else 0


Rule = Callable[[Scene], Iterator[Cause]]
