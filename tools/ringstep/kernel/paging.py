"""Page tables, walked from CR3 in physical memory. SDM volume 3A, 4.5."""
import struct
from dataclasses import dataclass
from typing import Callable, Iterator, Optional, Tuple

P, W, U, A, D, PS, NX = 1, 2, 4, 0x20, 0x40, 0x80, 1 << 63
ADDRESS = 0x000FFFFFFFFFF000
PAGE = 4096
CHUNK = 1 << 16                 # of a copy of memory
MOST_TABLES = 2000              # maps 4 GiB in small pages: more means that they form a ring


class TooManyTables(ValueError):
    pass


class Memory:
    """Physical memory. `read` gets an address and a length."""

    def __init__(self, read: Callable[[int, int], bytes], size: int) -> None:
        self._read, self.size = read, size

    def read(self, address: int, length: int) -> bytes:
        if address < 0 or address + length > self.size:
            raise LookupError(f"physical address {address:#x} is outside of memory")
        return self._read(address, length)

    def u64(self, address: int) -> int:
        return int.from_bytes(self.read(address, 8), "little")

    def copy(self) -> "Memory":
        """Frozen as it is now; what is zero takes no room."""
        chunks, zero = {}, bytes(CHUNK)
        for at in range(0, self.size, CHUNK):
            chunk = self._read(at, CHUNK)
            if chunk != zero:
                chunks[at] = chunk

        def read(address: int, length: int) -> bytes:
            first, end = address // CHUNK * CHUNK, address + length
            data = b"".join(chunks.get(at, zero) for at in range(first, end, CHUNK))
            return data[address - first:end - first]
        return Memory(read, self.size)

    def virtual(self, cr3: int, address: int, length: int) -> Optional[bytes]:
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


@dataclass(frozen=True)
class Mapping:
    """An entry of a page table that is present; mostly one that maps a page."""
    virtual: int
    size: int                   # of what it is for, a page or a table of the next level
    entries: Tuple[int, ...]    # as read, from the PML4 down; the last one is this

    @property
    def level(self) -> int:
        return 5 - len(self.entries)

    @property
    def index(self) -> int:
        return self.virtual // self.size & 511

    @property
    def top(self) -> int:
        """The index of the PML4 that leads to it."""
        return self.virtual >> 39 & 511

    @property
    def entry(self) -> int:
        return self.entries[-1]

    @property
    def leaf(self) -> bool:
        return self.level == 1 or bool(self.entry & PS) and self.level < 4

    @property
    def physical(self) -> int:
        return self.entry & ADDRESS & (-self.size if self.leaf else -PAGE)

    @property
    def writable(self) -> bool:
        return all(entry & W for entry in self.entries)

    @property
    def user(self) -> bool:
        return all(entry & U for entry in self.entries)

    @property
    def executable(self) -> bool:       # with EFER.NXE set
        return not any(entry & NX for entry in self.entries)

    @property
    def permissions(self) -> str:
        """"rw- user": what the four levels allow together."""
        return ("r" + "-w"[self.writable] + "-x"[self.executable]
                + (" user" if self.user else " kernel"))

    @property
    def end(self) -> int:
        return self.virtual + self.size


def canonical(address: int) -> int:
    return address | 0xFFFF << 48 if address >> 47 & 1 else address


def entries(memory: Memory, cr3: int, first: int = 0, last: int = 511) -> Iterator[Mapping]:
    """All entries that are present, in order of addresses, each before those of its table.
    `first` and `last` choose among the PML4's. Tables outside of memory have none."""
    read = 0

    def table(at: int, base: int, above: Tuple[int, ...]) -> Iterator[Mapping]:
        nonlocal read
        read += 1
        if read > MOST_TABLES:
            raise TooManyTables("the page tables lead back to themselves")
        try:
            words = struct.unpack("<512Q", memory.read(at & ADDRESS, 4096))
        except LookupError:
            return
        size = PAGE << 9 * (3 - len(above))
        for index, entry in enumerate(words):
            if entry & P and (above or first <= index <= last):
                virtual = base + index * size
                found = Mapping(canonical(virtual), size, (*above, entry))
                yield found
                if not found.leaf:
                    yield from table(entry, virtual, found.entries)
    return table(cr3, 0, ())


def mappings(memory: Memory, cr3: int, first: int = 0, last: int = 511) -> Iterator[Mapping]:
    """The entries that map pages."""
    return (entry for entry in entries(memory, cr3, first, last) if entry.leaf)


def walk(memory: Memory, cr3: int, address: int) -> Iterator[Tuple[int, int, Optional[int]]]:
    """Yield (level, index, entry) as the processor goes down; entry is None for
    a table outside of memory. The last one maps the page, or stops the walk."""
    table = cr3
    for level in (4, 3, 2, 1):
        index = address >> (12 + 9 * (level - 1)) & 511
        entry: Optional[int] = None
        try:
            entry = memory.u64((table & ADDRESS) + 8 * index)
        except LookupError:
            pass
        yield level, index, entry
        if entry is None or not entry & P or (entry & PS and level in (2, 3)):
            return
        table = entry


def walk_end(memory: Memory, cr3: int, address: int) -> Tuple[int, int, Optional[int]]:
    """The last entry of a walk."""
    return list(walk(memory, cr3, address))[-1]


def translate(memory: Memory, cr3: int, address: int) -> Optional[int]:
    """The physical address, or None where nothing is mapped."""
    level, _, entry = walk_end(memory, cr3, address)
    if entry is None or not entry & P:
        return None
    offset = (1 << 12 + 9 * (level - 1)) - 1
    return entry & ADDRESS & ~offset | address & offset
