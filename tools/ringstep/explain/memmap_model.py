"""The map of memory, as what is to be drawn: owners of frames, and address spaces."""
from dataclasses import dataclass
from itertools import groupby
from typing import Dict, Iterator, List, NamedTuple, Optional, Set, Tuple

from ringstep.kernel import layout, paging
from ringstep.kernel.contract import contract
from ringstep.kernel.layout import CONSTANTS, PAGE
from ringstep.kernel.paging import Mapping, Memory
from ringstep.kernel.processes import further_owners, kernel_root, processes
from ringstep.machine.record import MachineError

CELL = 64 << 10                 # bytes that one character or square stands for
BIOS_MAP = CONSTANTS["BOOT_INFO_ADDRESS"]
BOOT_INFO, BIOS_ENTRY = contract().structure("boot_info"), contract().structure("e820_entry")


class Owner(NamedTuple):
    style: str                  # a class of memmap.html
    words: str
    letter: str


FREE, FIRMWARE = Owner("free", "free", "."), Owner("firmware", "firmware and boot code", "F")
RESERVED = Owner("firmware", "not usable", "F")
IMAGE = [("kernel_text_start", "kernel_rodata_start", Owner("kernel", "kernel code", "K")),
         ("kernel_rodata_start", "kernel_data_start", Owner("kernel", "kernel constants", "K")),
         ("kernel_data_start", "boot_stack_guard", Owner("kernel", "kernel data", "K")),
         ("boot_stack_guard", "kernel_end", Owner("stack", "boot stack", "S"))]


class Range(NamedTuple):
    """Neighbouring pages of one kind in an address space."""
    start: int
    end: int
    permissions: str
    what: str
    shared: bool                # with the kernel's address space

    @property
    def alike(self) -> Tuple[object, ...]:
        """What makes two the same in two kernels, whose images differ in size."""
        image = self.what.startswith(("kernel c", "kernel data", "boot stack"))
        return (self.permissions, self.what) if image else self[:4]


@dataclass
class Space:
    """An address space."""
    name: str
    root: int
    entries: List[Mapping]      # of all its tables, each before those below it
    shared: Set[int]            # indices of those of the PML4 that are the kernel's own
    ranges: List[Range]

    @property
    def kinds(self) -> Set[Tuple[object, ...]]:
        """What another kernel has, too, if it has ranges like these."""
        return {found.alike for found in self.ranges}

    @property
    def bits(self) -> Set[Tuple[int, ...]]:
        return {bits_of(entry) for entry in self.entries}

    @property
    def own(self) -> List[Mapping]:
        """The entries without those below the kernel's."""
        return [entry for entry in self.entries
                if entry.level == 4 or entry.top not in self.shared]


def bits_of(entry: Mapping) -> Tuple[int, ...]:
    """Where it is, and its bits but for those that the processor sets by itself."""
    return entry.virtual, entry.level, entry.entry & ~(paging.ADDRESS | paging.A | paging.D)


@dataclass
class Picture:
    title: str
    moment: str
    owners: List[Owner]         # of each frame
    spaces: List[Space]         # the kernel's first

    def own(self, start: int, end: int, owner: Owner) -> None:
        for frame in range(max(0, start // PAGE), min(len(self.owners), -(-end // PAGE))):
            self.owners[frame] = owner

    def runs(self) -> Iterator[Tuple[int, int, Owner]]:
        """(first address, end, owner) of neighbours with the same owner."""
        at = 0
        for owner, frames in groupby(self.owners):
            count = len(list(frames))
            yield at * PAGE, (at + count) * PAGE, owner
            at += count

    def cells(self) -> Iterator[Owner]:
        """The owner to show for each CELL: what takes most of it, free memory last."""
        size = CELL // PAGE
        for at in range(0, len(self.owners), size):
            part = self.owners[at:at + size]
            yield max(set(part), key=lambda owner: (owner != FREE, part.count(owner), owner))

    def space(self, name: str) -> Optional[Space]:
        return next((space for space in self.spaces if space.name == name), None)


def usable(memory: Memory) -> Iterator[Tuple[int, int]]:
    """What the BIOS calls usable, from where the loader has left its map."""
    info = BOOT_INFO.read(memory.read(BIOS_MAP, BOOT_INFO.size))
    for number in range(min(info["entries"], 100)):
        at = BIOS_MAP + BOOT_INFO.size + number * BIOS_ENTRY.size
        entry = BIOS_ENTRY.read(memory.read(at, BIOS_ENTRY.size))
        if entry["type"] == CONSTANTS["E820_USABLE"]:
            yield entry["start"], entry["start"] + entry["size"]


def tables_of(entries: List[Mapping]) -> Set[Tuple[int, int]]:
    """(index, address) of each table below a PML4."""
    return {(entry.top, entry.entries[0] & paging.ADDRESS) for entry in entries}


class Painter:
    """Paints the picture of one kernel: each owner over those before it."""

    def __init__(self, title: str, moment: str, names: Dict[str, int], memory: Memory) -> None:
        self.names, self.memory = names, memory
        self.table = processes(names, memory)
        self.tops = {process.kernel_stack: process.pid for process in self.table}
        self.picture = Picture(title, moment, [RESERVED] * (memory.size // PAGE), [])

    def name(self, address: int) -> str:
        return layout.name(self.names, address, self.tops)

    def image(self) -> None:
        for start, end in usable(self.memory):
            self.picture.own(start, end, FREE)
        self.picture.own(0, 1 << 20, FIRMWARE)
        moved = CONSTANTS["KERNEL_LOAD_ADDRESS"] - CONSTANTS["KERNEL_BASE"]
        for first, behind, owner in IMAGE:
            self.picture.own(self.names[first] + moved, self.names[behind] + moved, owner)

    def space(self, name: str, root: int, pid: int) -> None:
        try:
            entries = list(paging.entries(self.memory, root))
        except paging.TooManyTables as error:
            raise MachineError(f"{error}: there is nothing to draw") from None
        kernel = self.picture.spaces[0].entries if self.picture.spaces else []
        shared = {top for top, _ in tables_of(entries) & tables_of(kernel)}
        tables = Owner("tables", f"page tables of {name if pid else 'the kernel'}", "T")
        self.picture.own(root, root + PAGE, tables)
        for entry in entries:
            owner = self.owner(entry, pid) if entry.leaf else tables
            if owner and entry.top not in shared:
                self.picture.own(entry.physical, entry.physical + PAGE, owner)
        pages = filter(lambda entry: entry.leaf, entries)
        ranges = [Range(*found, found[0] >> 39 & 511 in shared)
                  for found in layout.ranges(self.names, pages, self.tops)]
        self.picture.spaces.append(Space(name, root, entries, shared, ranges))

    def owner(self, leaf: Mapping, pid: int) -> Optional[Owner]:
        if layout.stack_slot(leaf.virtual):
            return Owner("stack", self.name(leaf.virtual), "S")
        more = further_owners(self.names, self.memory, leaf.physical)
        if more:
            return Owner("common", f"{self.name(leaf.virtual)} of {more + 1} processes", "+")
        if pid and leaf.virtual < layout.USER_END and leaf.level == 1:
            return Owner(f"process{(pid - 1) % 3 + 1}", f"{self.name(leaf.virtual)} of PID {pid}",
                         str(pid % 10))
        return None


def paint(title: str, moment: str, names: Dict[str, int], memory: Memory, cr3: int) -> Picture:
    """`cr3` is for a kernel that has no page table of its own yet."""
    painter = Painter(title, moment, names, memory)
    painter.image()
    painter.space("kernel", kernel_root(names, memory) or cr3, 0)
    for process in painter.table:
        painter.space(f"PID {process.pid}", process.page_table, process.pid)
    for process in painter.table:
        at = process.address - layout.PHYSICAL_MAP
        owner = Owner("kernel", f"record of PID {process.pid}", "K")
        painter.picture.own(at, at + 1, owner)
    return painter.picture
