"""The map of memory as text, and what one kernel has that another has not."""
from itertools import groupby
from typing import List

from ringstep.explain.memmap_model import CELL, Picture, Space

COLUMNS = 64                    # characters a line, of CELL bytes each
WIDTH = 13                      # of an address space's column


def size_of(size: int) -> str:
    return f"{size >> 20} MiB" if size % (1 << 20) == 0 and size else f"{size >> 10} KiB"


def text(picture: Picture) -> List[str]:
    return [f"{picture.title}, {picture.moment}", "", *physical(picture), "", *spaces(picture), "",
            "page tables: entries of the PML4 (tables below, pages)",
            *(page_tables(space) for space in picture.spaces)]


def physical(picture: Picture) -> List[str]:
    lines = [f"physical memory: a character is {CELL >> 10} KiB; F firmware, K kernel, "
             "T page tables, S stacks, 1 2 3 processes, + several of them, . free"]
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
