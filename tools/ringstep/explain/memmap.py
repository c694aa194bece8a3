"""`make map`: who owns physical memory, and what each process sees, as text and as
one HTML page that needs nothing but itself. Drawn at one moment of a run.
"""
import html
import os
import re
import string
import struct
import subprocess
from dataclasses import dataclass, field
from itertools import groupby
from typing import List

from ringstep.kernel import decode, layout, paging, symbols
from ringstep.kernel.layout import CONSTANTS, PAGE
from ringstep.machine.record import Breakpoint, MachineError

# What is drawn when the kernel comes here; otherwise, what is there at its end.
MOMENTS = {"1": Breakpoint("probe_stack_overflow", memory=True),
           "2": Breakpoint("process_table_print", memory=True),
           "3": Breakpoint("the first instruction in ring 3", layout.PROGRAMS, memory=True)}
CELL = 64 << 10                 # bytes that one character or square stands for
COLUMNS = 64
FREE, FIRMWARE, RESERVED = ("free", "free", "."), ("firmware", "firmware and boot code", "F"), ("firmware", "not usable", "F")


@dataclass
class Node:
    """An entry of a page table that is present, and what is below it."""
    level: int
    index: int
    entry: int
    virtual: int
    below: List["Node"] = field(default_factory=list)

    @property
    def physical(self):
        return self.entry & paging.ADDRESS

    @property
    def leaf(self):
        return self.level == 1 or self.entry & paging.PS and self.level < 4


@dataclass
class Space:
    name: str
    root: int
    nodes: List[Node]
    ranges: List[tuple]         # (start, end, permissions, what, shared with the kernel)


@dataclass
class Picture:
    title: str
    moment: str
    owners: List[tuple]         # (class, words, letter) of each frame
    spaces: List[Space]

    def runs(self):
        """(first address, end, owner) of neighbours with the same owner."""
        at = 0
        for owner, frames in groupby(self.owners):
            count = len(list(frames))
            yield at * PAGE, (at + count) * PAGE, owner
            at += count

    def cells(self):
        """The owner to show for each CELL: what takes most of it, free memory last."""
        size = CELL // PAGE
        for at in range(0, len(self.owners), size):
            part = self.owners[at:at + size]
            yield max(set(part), key=lambda owner: (owner != FREE, part.count(owner), owner))


def tree(memory, table, level, base=0, left=None):
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
            node = Node(level, index, entry, paging.canonical(base | index << 12 + 9 * (level - 1)))
            if not node.leaf:
                node.below = tree(memory, entry, level - 1, node.virtual & (1 << 48) - 1, left)
            nodes.append(node)
    return nodes


def every(nodes):
    for node in nodes:
        yield node
        yield from every(node.below)


def ranges_of(memory, root, names, table, shared):
    found = []
    for page in paging.mappings(memory, root):
        what = re.sub(r" 0x[0-9a-f]+$", "", layout.name(names, page.virtual, table))
        key = page.permissions, what, page.virtual >> 39 & 511 in shared
        if found and found[-1][1] == page.virtual and found[-1][2:] == key:
            found[-1] = found[-1][:1] + (page.end,) + key
        else:
            found.append((page.virtual, page.end) + key)
    return found


def usable(memory):
    """What the BIOS calls usable, from where the loader has left its map."""
    count = min(struct.unpack("<I", memory.read(CONSTANTS["BOOT_INFO_ADDRESS"], 4))[0], 100)
    data = memory.read(CONSTANTS["BOOT_INFO_ADDRESS"] + 8, 24 * count)
    return [(start, start + size) for start, size, kind, _ in struct.iter_unpack("<QQII", data) if kind == 1]


def picture(title, moment, names, memory, cr3):
    table = layout.processes(names, memory)
    root = layout.kernel_root(names, memory) or cr3
    owners = [RESERVED] * (memory.size // PAGE)

    def own(start, end, *owner):
        for frame in range(max(0, start // PAGE), min(len(owners), -(-end // PAGE))):
            owners[frame] = owner
    for start, end in usable(memory):
        own(start, end, *FREE)
    own(0, 1 << 20, *FIRMWARE)
    load, base = CONSTANTS["KERNEL_LOAD_ADDRESS"], CONSTANTS["KERNEL_BASE"]
    for first, end, what in (("kernel_text_start", "kernel_rodata_start", "kernel code"),
                             ("kernel_rodata_start", "kernel_data_start", "kernel constants"),
                             ("kernel_data_start", "boot_stack_guard", "kernel data"),
                             ("boot_stack_guard", "kernel_end", "boot stack")):
        own(names[first] - base + load, names[end] - base + load,
            *(("stack", what, "S") if "stack" in what else ("kernel", what, "K")))

    spaces, kernel = [], {}
    for name, space, pid in [("kernel", root, 0)] + [(f"PID {p.pid}", p.page_table, p.pid) for p in table]:
        nodes = tree(memory, space, 4)
        shared = {n.index for n in nodes if pid and kernel.get(n.index) == n.physical}
        kernel = kernel or {n.index: n.physical for n in nodes}
        color = ("tables", f"page tables of {'the kernel' if not pid else f'PID {pid}'}", "T")
        own(space, space + PAGE, *color)
        for node in every([n for n in nodes if n.index not in shared]):
            if not node.leaf:
                own(node.physical, node.physical + PAGE, *color)
            elif layout.stack_slot(node.virtual):
                what = layout.name(names, node.virtual, table)
                own(node.physical, node.physical + PAGE, "stack", what, "S")
            elif pid and node.virtual < layout.USER_END and node.level == 1:
                what = layout.name(names, node.virtual, table)
                own(node.physical, node.physical + PAGE, f"process{(pid - 1) % 3 + 1}", f"{what} of PID {pid}", str(pid % 10))
        spaces.append(Space(name, space, nodes, ranges_of(memory, space, names, table, shared)))
    for p in table:
        own(p.address - layout.PHYSICAL_MAP, p.address - layout.PHYSICAL_MAP + 1, "kernel", f"record of PID {p.pid}", "K")
    return Picture(title, moment, owners, spaces)


def take(image, kernel, lab, title):
    """Boot a kernel and draw it at its lab's moment."""
    from ringstep.machine import qemu
    names, point = symbols.load(kernel).names, MOMENTS[lab]
    record = qemu.boot(image, kernel, breakpoints=[point] if point.address or point.name in names else [])
    seen = record.at(point.name)
    if seen:
        return picture(title, f"at {point.name}", names, seen.memory, seen.registers.cr3)
    if not record.registers or not record.registers.cr3:
        raise MachineError(f"{image}: the kernel came to no page table of its own: make qemu-nox says how it ended")
    return picture(title, "at its end (it never came to " + point.name + ")", names, record.memory, record.registers.cr3)


def alike(found):
    """What makes two ranges the same in two kernels, whose images differ in size."""
    start, end, permissions, what, _ = found
    return (permissions, what) if what.startswith(("kernel c", "kernel data", "boot stack")) else found[:4]


# ---- as text ----

def size_of(size):
    return f"{size >> 20} MiB" if size % (1 << 20) == 0 and size else f"{size >> 10} KiB"


def text(pic):
    lines = [f"{pic.title}, {pic.moment}", "", f"physical memory: a character is {CELL >> 10} KiB; F firmware, K kernel, "
             "T page tables, S stacks, 1 2 3 processes, . free"]
    letters = "".join(owner[2] for owner in pic.cells())
    lines += [f"  {i * CELL:#010x}  {letters[i:i + COLUMNS]}" for i in range(0, len(letters), COLUMNS)]
    lines += [f"  {start:#010x} - {end:#010x} {size_of(end - start):>9}  {owner[1]}" for start, end, owner in pic.runs()]
    rows = sorted({r[:2] + (r[3],) for s in pic.spaces for r in s.ranges})
    width = 13
    lines += ["", "address spaces: r w x; u ring 3 may use it; = the same tables as the kernel's",
              f"  {'':<43}" + "".join(f"{s.name:<{width}}" for s in pic.spaces)]
    for start, end, what in rows:
        cells = []
        for space in pic.spaces:
            found = next((r for r in space.ranges if r[:2] + (r[3],) == (start, end, what)), None)
            cells.append((found[2].replace(" user", " u").replace(" kernel", "") + (" =" if found[4] else "")) if found else "-")
        lines.append(f"  {start:#018x} {size_of(end - start):>8} {what[:24]:<24} " .ljust(45) + "".join(f"{c:<{width}}" for c in cells))
    lines += ["", "page tables: entries of the PML4 (tables below, pages)"]
    for space in pic.spaces:
        parts = []
        for node in space.nodes:
            below = list(every([node]))
            parts.append(f"[{node.index}] -> {node.physical:#x} ({sum(not n.leaf for n in below)}, {sum(bool(n.leaf) for n in below)})"
                         + (" =" if space is not pic.spaces[0] and any(n.index == node.index and n.physical == node.physical
                                                                       for n in pic.spaces[0].nodes) else ""))
        lines.append(f"  {space.name:<7} {space.root:#010x}: " + "  ".join(parts))
    return lines


# ---- as a page ----

BITS = {0: "P: present", 1: "W: writable", 2: "U: ring 3 may use it", 3: "PWT", 4: "PCD",
        5: "A: was used", 6: "D: was written to", 7: "PS: a large page", 8: "G: global",
        63: "NX: no execution"}


def bits(entry):
    return [words for bit, words in BITS.items() if entry >> bit & 1 and bit != 0] or ["read-only, ring 0 only"]


def entry_html(node, shared, differs):
    """One entry; <details> opens with the mouse and with Enter, without a script."""
    to = "page" if node.leaf else f"table of level {node.level - 1}"
    words = (f"entry {node.index} of level {node.level}: {node.entry:#018x}, {to} at {node.physical:#x}. "
             + ("; ".join(["P: present"] + bits(node.entry))))
    classes = " ".join(["shared"] * shared + ["differs"] * differs(node))
    label = (f'[{node.index}] {node.virtual:#x} <b>{decode.page_entry(node.entry, node.level).split(" ->")[0]}</b>'
             + (" shared" if shared and node.level == 4 else "") + (" ≠" if differs(node) else ""))
    below = "".join(entry_html(n, shared, differs) for n in node.below) if not (shared and node.level == 4) else \
        "<p>The tables below are the kernel's own: see there.</p>"
    words = html.escape(words)
    return f'<details class="{classes}"><summary title="{words}">{label}</summary><p>{words}</p>{below}</details>'


def column(pic, other):
    """One kernel's half of the page; what `other` has not is marked."""
    theirs = {s.name: s for s in other.spaces} if other else {}
    cells = "".join(f'<i class="{o[0]}" title="{i * CELL:#x}: {html.escape(o[1])}">{o[2]}</i>' for i, o in enumerate(pic.cells()))
    names = {(o[1]) for o in other.owners} if other else None
    runs = "".join(f'<tr class="{"differs" if names is not None and o[1] not in names else ""}"><td><i class="{o[0]}">{o[2]}</i>'
                   f"<td>{start:#x} - {end:#x}<td>{size_of(end - start)}<td>{html.escape(o[1])}" for start, end, o in pic.runs())
    spaces = ""
    for space in pic.spaces:
        twin = theirs.get(space.name)
        flags = {(n.virtual, n.level): n.entry & ~paging.ADDRESS & ~0x60 for n in every(twin.nodes)} if twin else {}
        differs = (lambda n: flags.get((n.virtual, n.level)) != n.entry & ~paging.ADDRESS & ~0x60) if other else (lambda n: False)
        known = {alike(r) for r in twin.ranges} if twin else set()
        rows = "".join(f'<tr class="{"shared " if r[4] else "private "}{"differs" if other and alike(r) not in known else ""}">'
                       f"<td>{r[0]:#018x}<td>{size_of(r[1] - r[0])}<td>{r[2]}<td>{html.escape(r[3])}"
                       + ("<td>≠" if other and alike(r) not in known else "") for r in space.ranges)
        own = {n.index: n.physical for n in pic.spaces[0].nodes}
        entries = "".join(entry_html(n, space is not pic.spaces[0] and own.get(n.index) == n.physical, differs) for n in space.nodes)
        spaces += (f'<section class="space"><h3>{space.name}</h3><p>CR3 {space.root:#x}</p><table>{rows}</table>'
                   f"<h4>page tables</h4>{entries}</section>")
    return (f"<article><h2>{html.escape(pic.title)}</h2><p>{html.escape(pic.moment)}</p><h3>physical memory</h3>"
            f'<div class="cells">{cells}</div><details><summary>as a list</summary><table>{runs}</table></details>'
            f'<h3>address spaces</h3><div class="spaces">{spaces}</div></article>')


def page(pictures):
    with open(os.path.join(os.path.dirname(__file__), "memmap.html")) as file:
        template = string.Template(file.read())
    first, second = (pictures + [None])[:2]
    return template.substitute(cell=CELL >> 10, body="".join(
        column(p, second if p is first else first) for p in pictures))


def differences(ours, theirs):
    found = []
    for space in ours.spaces:
        twin = next((s for s in theirs.spaces if s.name == space.name), None)
        known = {alike(r) for r in twin.ranges} if twin else set()
        found += [f"  {space.name}: {r[0]:#018x} {size_of(r[1] - r[0])} {r[2]} {r[3]}"
                  for r in space.ranges if alike(r) not in known] if twin else [f"  {space.name}"]
    return found


def other_kernel(lab, solved):
    made = subprocess.run(["make", f"LAB={lab}", f"SOLVED={solved}", "TEST="], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, env={k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS")})
    match = re.search(r"(\S+)/ringstep\.img, kernel", made.stdout)
    if made.returncode or not match:
        raise MachineError(f"COMPARE={solved}: " + (made.stdout.strip().split("\n") or [""])[-1])
    return match[1]


def run(args):
    title = lambda folder: "/".join(folder.split(os.sep)[-2:])
    folders = [os.path.dirname(args.image)] + ([other_kernel(args.lab, args.compare)] if args.compare else [])
    pictures = [take(os.path.join(f, "ringstep.img"), os.path.join(f, "kernel.elf"), args.lab, title(f)) for f in folders]
    for pic in pictures:
        print("\n".join(text(pic)) + "\n")
    for ours, theirs in (pictures, pictures[::-1]) if len(pictures) == 2 else ():
        print("\n".join([f"only in {ours.title}:"] + (differences(ours, theirs) or ["  nothing"])) + "\n")
    path = os.path.join(os.path.dirname(args.last) or "build", "map.html")
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(page(pictures))
    print(os.path.abspath(path))
    return 0
