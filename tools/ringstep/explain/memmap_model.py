"""The map of memory, as what is to be drawn: owners of frames, and address spaces."""
import struct
from dataclasses import dataclass, field
from itertools import groupby
from typing import Dict, Iterable, Iterator, List, NamedTuple, Optional, Set, Tuple

from ringstep.kernel import decode, layout, paging
from ringstep.kernel.contract import contract
from ringstep.kernel.layout import CONSTANTS, PAGE
from ringstep.kernel.paging import Memory
from ringstep.kernel.processes import (
    Process, further_owners, kernel_root, processes)
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


@dataclass
class Node:
    """An entry of a page table that is present, and what is below it."""
    level: int
    index: int
    entry: int
    virtual: int
    below: List["Node"] = field(default_factory=list)

    @property
    def physical(self) -> int:
        return self.entry & paging.ADDRESS

    @property
    def leaf(self) -> bool:
        return self.level == 1 or bool(self.entry & paging.PS) and self.level < 4

    @property
    def flags(self) -> int:
        """Without what the processor sets by itself."""
        return self.entry & ~paging.ADDRESS & ~(paging.A | paging.D)

    @property
    def names(self) -> str:
        return decode.page_entry(self.entry, self.level).split(" ->")[0]


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
    nodes: List[Node]           # of the PML4
    shared: Set[int]            # indices of those that are the kernel's own
    ranges: List[Range]

    @property
    def kinds(self) -> Set[Tuple[object, ...]]:
        """What another kernel has, too, if it has ranges like these."""
        return {found.alike for found in self.ranges}

    @property
    def flags(self) -> Dict[Tuple[int, int], int]:
        """Of each entry, by virtual address and level."""
        return {(node.virtual, node.level): node.flags for node in every(self.nodes)}


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


def tree(memory: Memory, table: int, level: int = 4, base: int = 0,
         left: Optional[List[int]] = None) -> List[Node]:
    """The entries of a table; `left` counts the tables that may still be read."""
    left = left if left is not None else [paging.MOST_TABLES]
    left[0] -= 1
    if left[0] < 0:
        raise MachineError("the page tables lead back to themselves: there is nothing to draw")
    try:
        entries = struct.unpack("<512Q", memory.read(table & paging.ADDRESS, PAGE))
    except LookupError:
        return []
    nodes = []
    for index, entry in enumerate(entries):
        if entry & paging.P:
            virtual = paging.canonical(base | index << 12 + 9 * (level - 1))
            node = Node(level, index, entry, virtual)
            if not node.leaf:
                node.below = tree(memory, entry, level - 1, virtual & (1 << 48) - 1, left)
            nodes.append(node)
    return nodes


def every(nodes: Iterable[Node]) -> Iterator[Node]:
    for node in nodes:
        yield node
        yield from every(node.below)


def usable(memory: Memory) -> Iterator[Tuple[int, int]]:
    """What the BIOS calls usable, from where the loader has left its map."""
    info = BOOT_INFO.read(memory.read(BIOS_MAP, BOOT_INFO.size))
    for number in range(min(info["entries"], 100)):
        at = BIOS_MAP + BOOT_INFO.size + number * BIOS_ENTRY.size
        entry = BIOS_ENTRY.read(memory.read(at, BIOS_ENTRY.size))
        if entry["type"] == CONSTANTS["E820_USABLE"]:
            yield entry["start"], entry["start"] + entry["size"]


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
        nodes = tree(self.memory, root)
        kernel = self.picture.spaces[0].nodes if self.picture.spaces else []
        same = {(node.index, node.physical) for node in kernel}
        shared = {node.index for node in nodes if (node.index, node.physical) in same}
        tables = Owner("tables", f"page tables of {name if pid else 'the kernel'}", "T")
        self.picture.own(root, root + PAGE, tables)
        for node in every(node for node in nodes if node.index not in shared):
            owner = self.owner(node, pid) if node.leaf else tables
            if owner:
                self.picture.own(node.physical, node.physical + PAGE, owner)
        pages = paging.mappings(self.memory, root)
        ranges = [Range(*found, found[0] >> 39 & 511 in shared)
                  for found in layout.ranges(self.names, pages, self.tops)]
        self.picture.spaces.append(Space(name, root, nodes, shared, ranges))

    def owner(self, leaf: Node, pid: int) -> Optional[Owner]:
        if layout.stack_slot(leaf.virtual):
            return Owner("stack", self.name(leaf.virtual), "S")
        more = further_owners(self.names, self.memory, leaf.physical)
        if more:
            return Owner("common", f"{self.name(leaf.virtual)} of {more + 1} processes", "+")
        if pid and leaf.virtual < layout.USER_END and leaf.level == 1:
            return Owner(f"process{(pid - 1) % 3 + 1}", f"{self.name(leaf.virtual)} of PID {pid}",
                         str(pid % 10))
        return None

    def record(self, process: Process) -> None:
        at = process.address - layout.PHYSICAL_MAP
        self.picture.own(at, at + 1, Owner("kernel", f"record of PID {process.pid}", "K"))


def paint(title: str, moment: str, names: Dict[str, int], memory: Memory, cr3: int) -> Picture:
    """`cr3` is for a kernel that has no page table of its own yet."""
    painter = Painter(title, moment, names, memory)
    painter.image()
    painter.space("kernel", kernel_root(names, memory) or cr3, 0)
    for process in painter.table:
        painter.space(f"PID {process.pid}", process.page_table, process.pid)
    for process in painter.table:
        painter.record(process)
    return painter.picture
