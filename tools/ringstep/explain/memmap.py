"""`make map`: who owns physical memory, and what each process sees, at one moment of a run."""
import os
import re
import subprocess
from itertools import groupby
from pathlib import Path
from typing import Dict, List, Optional

import jinja2

from ringstep.explain.memmap_model import CELL, Picture, Space, bits_of, paint
from ringstep.kernel import decode, layout, symbols
from ringstep.kernel.paging import Mapping, TooManyTables
from ringstep.machine import qemu
from ringstep.machine.record import Breakpoint, MachineError

# What is drawn when the kernel comes here: the first of which it has the symbol. Otherwise,
# what is there at its end.
MOMENTS = [("jump_to_usermode",
            Breakpoint("the first instruction in ring 3", layout.PROGRAMS, memory=True)),
           ("process_table_print", Breakpoint("process_table_print", memory=True)),
           ("probe_stack_overflow", Breakpoint("probe_stack_overflow", memory=True))]

COLUMNS = 64                    # characters a line, of CELL bytes each
WIDTH = 13                      # of an address space's column
BITS = {1: "W: writable", 2: "U: ring 3 may use it", 3: "PWT", 4: "PCD", 5: "A: was used",
        6: "D: was written to", 7: "PS: a large page", 8: "G: global", 63: "NX: no execution"}


def moment_of(names: Dict[str, int]) -> Optional[Breakpoint]:
    return next((point for symbol, point in MOMENTS if symbol in names), None)


def take(folder: Path) -> Picture:
    """Boot the kernel in a folder and paint it at its moment."""
    title = "/".join(folder.parts[-2:])
    image, kernel = folder / "ringstep.img", folder / "kernel.elf"
    names = symbols.load(str(kernel)).names
    moment = moment_of(names)
    record = qemu.boot(str(image), str(kernel), breakpoints=[moment] if moment else [])
    seen = record.at(moment.name) if moment else None
    registers, memory = (seen or record).registers, (seen or record).memory
    if not registers or not registers.cr3 or not memory:
        raise MachineError(f"{image}: the kernel came to no page table of its own: "
                           "make qemu-nox says how it ended")
    when = f"at {seen.name}" if seen else \
        "at its end" + (f" (it never came to {moment.name})" if moment else "")
    try:
        return paint(title, when, names, memory, registers.cr3)
    except TooManyTables as error:
        raise MachineError(f"{error}: there is nothing to draw") from None


def other_kernel(lab: str, solved: str) -> Path:
    """Build the kernel of another selection: its folder."""
    ours = {key: value for key, value in os.environ.items()
            if key not in ("MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS")}
    made = subprocess.run(["make", f"LAB={lab}", f"SOLVED={solved}", "TEST="], env=ours, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    match = re.search(r"(\S+)/ringstep\.img, kernel", made.stdout)
    if made.returncode or not match:
        last = (made.stdout.strip().splitlines() or [""])[-1]
        raise MachineError(f"COMPARE={solved}: {last}")
    return Path(match[1])


# ---- as text ----

def size_of(size: int) -> str:
    return f"{size >> 20} MiB" if size % (1 << 20) == 0 and size else f"{size >> 10} KiB"


def text(picture: Picture) -> List[str]:
    return [f"{picture.title}, {picture.moment}", "", *physical(picture), "", *spaces(picture), "",
            "page tables: entries of the PML4 (tables below, pages)",
            *(page_tables(space) for space in picture.spaces)]


def physical(picture: Picture) -> List[str]:
    lines = [f"physical memory: a character is {CELL >> 10} KiB; F firmware, K kernel, "
             "T page tables, S stacks, 1 2 3 processes, . free"]
    letters = "".join(owner.letter for owner in picture.cells())
    lines += [f"  {at * CELL:#010x}  {letters[at:at + COLUMNS]}"
              for at in range(0, len(letters), COLUMNS)]
    return lines + [f"  {start:#010x} - {end:#010x} {size_of(end - start):>9}  {owner.words}"
                    for start, end, owner in picture.runs()]


def spaces(picture: Picture) -> List[str]:
    columns = [{(r.start, r.end, r.what): r for r in space.ranges} for space in picture.spaces]
    lines = ["address spaces: r w x; u ring 3 may use it; = the same tables as the kernel's",
             f"  {'':<43}" + "".join(f"{space.name:<{WIDTH}}" for space in picture.spaces)]
    for key in sorted({key for column in columns for key in column}):
        start, end, what = key
        line = f"  {start:#018x} {size_of(end - start):>8} {what[:24]:<24} ".ljust(45)
        for column in columns:
            cell = "-"
            if key in column:
                found = column[key]
                cell = found.permissions.replace(" user", " u").replace(" kernel", "") \
                    + (" =" if found.shared else "")
            line += f"{cell:<{WIDTH}}"
        lines.append(line)
    return lines


def page_tables(space: Space) -> str:
    parts = []
    for index, found in groupby(space.entries, lambda entry: entry.top):
        first, *below = found
        pages = sum(entry.leaf for entry in below)
        parts.append(f"[{index}] -> {first.physical:#x} ({1 + len(below) - pages}, {pages})"
                     + (" =" if index in space.shared else ""))
    return f"  {space.name:<7} {space.root:#010x}: " + "  ".join(parts)


def differences(ours: Picture, theirs: Picture) -> List[str]:
    found = []
    for space in ours.spaces:
        twin = theirs.space(space.name)
        if not twin:
            found.append(f"  {space.name}")
            continue
        found += [f"  {space.name}: {r.start:#018x} {size_of(r.end - r.start)} {r.permissions} "
                  f"{r.what}" for r in space.ranges if r.alike not in twin.kinds]
    return found or ["  nothing"]


# ---- as a page ----

def sentence(entry: Mapping) -> str:
    """An entry in words, bit by bit."""
    to = "page" if entry.leaf else f"table of level {entry.level - 1}"
    bits = [words for bit, words in BITS.items() if entry.entry >> bit & 1]
    return (f"entry {entry.index} of level {entry.level}: {entry.entry:#018x}, {to} at "
            f"{entry.physical:#x}. "
            + "; ".join(["P: present", *(bits or ["read-only, ring 0 only"])]))


def names_of(entry: Mapping) -> str:
    return decode.page_entry(entry.entry, entry.level).split(" ->")[0]


def page(pictures: List[Picture]) -> str:
    """One picture, or two side by side, as one HTML page that needs nothing but itself."""
    template = jinja2.Template(Path(__file__).with_name("memmap.html").read_text("utf-8"),
                               autoescape=True)
    return template.render(pictures=pictures, cell=CELL, size_of=size_of, sentence=sentence,
                           names_of=names_of, bits_of=bits_of)


# ---- the command ----

def run(image: str, last: str, lab: str, compare: str) -> int:
    """Print the map of a kernel, or of two, and write the page beside the last run's folder."""
    folders = [Path(image).parent]
    if compare:
        folders.append(other_kernel(lab, compare))
    pictures = [take(folder) for folder in folders]
    for picture in pictures:
        print(*text(picture), "", sep="\n")
    for ours, theirs in (pictures, pictures[::-1]) if len(pictures) == 2 else ():
        print(f"only in {ours.title}:", *differences(ours, theirs), "", sep="\n")
    target = Path(os.path.dirname(last) or "build", "map.html").absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page(pictures), "utf-8")
    print(target)
    return 0
