"""From addresses to functions, source lines and instructions, and back.

pyelftools and capstone are imported where they are used: a run without
symbols does not pay for them.
"""
import bisect
import os
import re
import shutil
import subprocess
from collections import defaultdict
from functools import cached_property, lru_cache
from typing import Any, Dict, List, Optional, Sequence, Set, Tuple

ADDR2LINE = "addr2line", "x86_64-linux-gnu-addr2line", "x86_64-elf-addr2line"
Line = Optional[Tuple[str, int]]        # (file below the tree, line), where it is known


@lru_cache()
def _load(path: str, _changed: int) -> "Symbols":
    return Symbols(path)


def load(path: str) -> "Symbols":
    """The symbols of an ELF file; read again only if the file has changed."""
    return _load(path, os.stat(path).st_mtime_ns)


class Symbols:
    def __init__(self, path: str = "") -> None:
        """Of an ELF file; without one nothing has a name."""
        self.path = path
        entries = symbol_table(path) if path else []
        self.names: Dict[str, int] = {name: value for value, _, name, _ in entries if name}
        self.places: Dict[str, Set[int]] = defaultdict(set)     # every address of a name
        for value, _, name, _ in entries:
            self.places[name].add(value)
        self.code = sorted((value, size, name) for value, size, name, kind in entries
                           if name and kind in ("STT_FUNC", "STT_NOTYPE"))
        self.data = sorted((value, size, name) for value, size, name, kind in entries
                           if kind == "STT_OBJECT")
        self._lines: Dict[int, Line] = {}

    def address(self, name: str) -> int:
        """The value of a symbol; KeyError if there is none."""
        return self.names[name]

    def function(self, address: int) -> Optional[Tuple[str, int]]:
        """(name, offset) of the function around an address, or None. Symbols of
        assembly files have no size: the next symbol ends them."""
        at = bisect.bisect_right(self.code, (address, float("inf"), ""))
        for value, size, name in reversed(self.code[max(0, at - 4):at]):
            if address < value + size or (size == 0 and address - value < 4096):
                return name, address - value
        return None

    def variable(self, address: int) -> Optional[Tuple[str, int]]:
        """(name, offset) of the variable around an address, or None."""
        at = bisect.bisect_right(self.data, (address, float("inf"), ""))
        return next(((name, address - value) for value, size, name in self.data[max(0, at - 1):at]
                     if address < value + size), None)

    def lines(self, addresses: Sequence[int]) -> List[Line]:
        """Where instructions come from: many at once are quicker."""
        new = [address for address in addresses if address not in self._lines]
        if new:
            self._lines.update(zip(new, addr2line(self.path, new)))
        return [self._lines[address] for address in addresses]

    def where(self, address: int) -> str:
        """"trap_entry, labs/…/trap_entry.S:40", or as much of it as is known."""
        function, line = self.function(address), self.lines([address])[0]
        parts = [function[0]] if function else []
        return ", ".join(parts + ([f"{line[0]}:{line[1]}"] if line else []))

    @cached_property
    def loaded(self) -> List[Tuple[int, bytes]]:
        """(address, bytes) of each part that the file loads."""
        from elftools.elf.elffile import ELFFile
        with open(self.path, "rb") as file:
            return [(segment["p_vaddr"], bytes(segment.data()))
                    for segment in ELFFile(file).iter_segments("PT_LOAD")]

    def bytes_at(self, address: int, length: int) -> Optional[bytes]:
        """What the file loads at an address, or None."""
        return next((data[address - start:address - start + length] for start, data in self.loaded
                     if start <= address and address + length <= start + len(data)), None)

    def disassemble(self, code: bytes, address: int, bits: int = 64) -> List[str]:
        """["mov rax, rbx"] for machine code that starts at address."""
        import capstone
        mode = {16: capstone.CS_MODE_16, 32: capstone.CS_MODE_32, 64: capstone.CS_MODE_64}[bits]
        return [f"{i.mnemonic} {i.op_str}".strip()
                for i in capstone.Cs(capstone.CS_ARCH_X86, mode).disasm(code, address)]


def symbol_table(path: str) -> List[Tuple[int, int, str, str]]:
    """(value, size, name, kind) of each symbol that is an address or a number."""
    from elftools.elf.elffile import ELFFile
    with open(path, "rb") as file:
        table: Any = ELFFile(file).get_section_by_name(".symtab")
        return [(symbol["st_value"], symbol["st_size"], symbol.name,
                 "number" if symbol["st_shndx"] == "SHN_ABS" else symbol["st_info"]["type"])
                for symbol in table.iter_symbols()] if table else []


def addr2line(path: str, addresses: Sequence[int]) -> List[Line]:
    """(file below the tree, line) for each address, None where it is not known: by
    binutils, which read the line tables faster than we could."""
    tool = next((path for path in map(shutil.which, ADDR2LINE) if path), "")
    if not tool or not path:
        return [None] * len(addresses)
    found = subprocess.run([tool, "-e", path, *map(hex, addresses)], stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    places = [re.match(r"(?:.*/)?((?:labs|solutions|grading)/.*):(\d+)", line)
              for line in found.splitlines()]
    places += [None] * (len(addresses) - len(places))
    return [(place[1], int(place[2])) if place else None for place in places]
