"""The end of a run, with what the rules about causes ask of it."""
import re
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from ringstep.course.labs import exercises
from ringstep.explain.chain import last_chain, same_place
from ringstep.kernel import decode, layout, paging, symbols

MASK = (1 << 64) - 1
ROOT = Path(__file__).resolve().parents[3]
PANIC = re.compile(r"^PANIC: (?:(?P<place>\S+:\d+): (?P<function>\w+)\(\): )?(?P<message>.*)", re.M)


@lru_cache()
def section_of(path):
    """"lab2.md#exercise-21-…": the section of the handouts for an exercise's file."""
    id = next((id for id, _, file in exercises(ROOT) if file == path), "")
    page = ROOT / f"handouts/lab{id.partition('.')[0]}.md"
    heading = re.search(rf"^### (Exercise {re.escape(id)}: .*)", page.read_text() if page.exists() else "", re.M)
    return heading and f"{page.name}#" + re.sub(r"[^\w\- ]", "", heading[1]).lower().replace(" ", "-")


class Scene:
    """A record with what the rules ask of it."""

    def __init__(self, record, kernel, known=None):
        """`known` has what symbols.Symbols has, and `disassemble`: GDB brings its own."""
        self.record, self.memory, self.symbols = record, record.memory, known
        try:
            if kernel and not known:
                self.symbols = symbols.load(kernel)
        except (ImportError, OSError, AttributeError):
            pass
        self.disassemble = getattr(known, "disassemble", symbols.disassemble)
        self.names = self.symbols.names if self.symbols else {}
        self.panic = PANIC.search(record.text) if record.status == 1 else None
        trapped = not (self.panic and self.panic["function"])
        self.chain = last_chain(record.events, {self.names.get("probe_read_instruction")}) if trapped else []
        self.root = self.chain[0] if self.chain else None
        at = record.events.index(self.root) if self.root else len(record.events)
        before = record.events[at - 1] if at else None
        if self.root and before and before.kind != "exception" and same_place(before, self.root):
            self.root = before                      # it was the `int` that could not be delivered
            self.chain = [before] + self.chain
        self.before = record.events[:at]
        if self.root and self.root.rip is None and self.panic:      # Bochs: the kernel says where
            at = re.search(r" at rip (0x[0-9a-f]+)", self.panic["message"])
            self.root.rip = at and int(at[1], 16)
        self.registers = (self.root.registers if self.root else None) or record.registers
        if self.registers and self.root and not self.root.dump:     # those are of later
            self.registers = replace(self.registers, general={})
        self.cr3 = self.registers.cr3 if self.registers else None
        self.table, self.kernel_root = [], 0
        if self.memory and "kernel_page_table" in self.names:
            try:
                self.kernel_root = layout.kernel_root(self.names, self.memory)
                self.table = layout.processes(self.names, self.memory)
            except LookupError:
                pass
        self.op = self.instruction(self.root.rip) if self.root and self.root.rip is not None else ""

    @property
    def delivery(self):
        """The exception that came while the root was being delivered, or None."""
        if len(self.chain) > 1 and same_place(self.chain[0], self.chain[1]):
            return self.chain[1]
        return None

    def read(self, address, length):
        if self.memory and self.registers and not (self.registers.cr0 or 0) >> 31:
            return self.memory.read(address, length)        # no paging yet
        return self.memory.virtual(self.cr3, address & MASK, length) if self.memory and self.cr3 else None

    def words(self, address, count):
        data = self.read(address, 8 * count)
        return [int.from_bytes(data[i:i + 8], "little") for i in range(0, 8 * count, 8)] if data else None

    def instruction(self, address):
        for length in (15, 7, 4, 2, 1):             # less, at the end of what is mapped
            code = self.read(address, length)
            if code:
                found = self.disassemble(code, address, self.registers.bits)
                return found[0][2] if found else "(no instruction)"
        return ""

    def function(self, address):
        found = self.symbols and address is not None and self.symbols.function(address)
        return found[0] if found else ""

    def places(self, registers):
        """Where the processor is, and where the functions around it go on, by the chain of RBPs."""
        found, frame = [registers.rip], registers.general.get("rbp", 0)
        for _ in range(16):
            data = self.memory.virtual(registers.cr3, frame, 16) if self.memory and frame % 8 == 0 else None
            if not data or frame < layout.USER_END:
                break
            found.append(int.from_bytes(data[8:], "little") - 1)
            frame = int.from_bytes(data[:8], "little")
        return found

    def callers(self, registers):
        """The functions around a place, the innermost first."""
        return [name for name in map(self.function, self.places(registers)) if name]

    def exercise(self):
        """(function, path below labs/) of the innermost function on the stack that an
        exercise's file holds, or None."""
        places = self.places(self.registers) if self.symbols and self.registers else []
        if hasattr(self.symbols, "lines"):
            self.symbols.lines(places)
        for place in places:
            match = re.search(r"(\w+), (?:labs|solutions)/(\S+/exercises/\S+):", self.symbols.where(place) or "")
            if match:
                return match[1], match[2]
        return None

    def name(self, address):
        return layout.name(self.names, address & MASK, self.table)

    def entry(self, selector):
        """Two words of the GDT in use, or None behind its limit."""
        gdtr = self.registers and self.registers.gdtr
        if not gdtr or (selector | 7) > gdtr.limit:
            return None
        low, high = self.words(gdtr.base + (selector & ~7), 1), self.words(gdtr.base + (selector & ~7) + 8, 1)
        return low and (low[0], high[0] if high else 0)

    def selector(self, selector):
        """What a selector names, in words."""
        entry = self.entry(selector)
        if selector < 4:
            return "the null selector"
        if entry is None:
            return f"behind the GDT's limit {self.registers.gdtr.limit:#x}"
        if entry[0] == 0:
            return "an empty entry of the GDT"
        return decode.segment(entry[0]) if entry[0] >> 44 & 1 else decode.system(*entry)

    def gate(self, vector):
        idtr = self.registers and self.registers.idtr
        return self.words(idtr.base + 16 * vector, 2) if idtr and 16 * vector + 15 <= idtr.limit else None

    def stack_of(self, event):
        """The stack on which an event would have been taken: (what it is, its top)."""
        tr, gate = self.registers.segments.get("tr"), self.gate(event.vector)
        ist = gate[0] >> 32 & 7 if gate else 0
        offset, what = (36 + 8 * (ist - 1), f"IST {ist}") if ist else (4, "RSP0")
        if not ist and event.cpl == 0:
            return "the stack in use", event.rsp
        return what, (self.words(tr.base + offset, 1) or [0])[0] if tr and tr.base else 0

    def mapped(self, address, root=None):
        return self.memory and paging.translate(self.memory, root or self.cr3, address & MASK) is not None
