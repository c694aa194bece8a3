"""The map of memory as one HTML page that needs nothing but itself (memmap.html)."""
import string
from html import escape
from pathlib import Path
from typing import Callable, List, Optional

from ringstep.explain.memmap_model import CELL, Node, Picture, Space, every
from ringstep.explain.memmap_text import size_of
from ringstep.kernel import decode, paging

BITS = {0: "P: present", 1: "W: writable", 2: "U: ring 3 may use it", 3: "PWT", 4: "PCD",
        5: "A: was used", 6: "D: was written to", 7: "PS: a large page", 8: "G: global",
        63: "NX: no execution"}
ACCESSED = 1 << 5 | 1 << 6      # what the processor sets by itself


def page(pictures: List[Picture]) -> str:
    """One picture, or two side by side."""
    template = string.Template(Path(__file__).with_name("memmap.html").read_text("utf-8"))
    return template.substitute(cell=CELL >> 10, body="".join(
        article(picture, next((other for other in pictures if other is not picture), None))
        for picture in pictures))


def article(picture: Picture, other: Optional[Picture]) -> str:
    """One kernel's half of the page; what `other` has not is marked."""
    cells = "".join(f'<i class="{owner.style}" title="{at * CELL:#x}: {escape(owner.words)}">'
                    f"{owner.letter}</i>" for at, owner in enumerate(picture.cells()))
    spaces = "".join(section(picture, space, other) for space in picture.spaces)
    return (f"<article><h2>{escape(picture.title)}</h2><p>{escape(picture.moment)}</p>"
            f'<h3>physical memory</h3><div class="cells">{cells}</div>'
            f"<details><summary>as a list</summary><table>{runs(picture, other)}</table></details>"
            f'<h3>address spaces</h3><div class="spaces">{spaces}</div></article>')


def runs(picture: Picture, other: Optional[Picture]) -> str:
    known = {owner.words for owner in (other or picture).owners}
    return "".join(
        f'<tr class="{"" if owner.words in known else "differs"}"><td><i class="{owner.style}">'
        f"{owner.letter}</i><td>{start:#x} - {end:#x}<td>{size_of(end - start)}"
        f"<td>{escape(owner.words)}" for start, end, owner in picture.runs())


def section(picture: Picture, space: Space, other: Optional[Picture]) -> str:
    """An address space: its ranges, and its page tables to be opened."""
    twin = other.space(space.name) if other else space
    known = {r.alike() for r in twin.ranges} if twin else set()
    rows = ""
    for r in space.ranges:
        new = r.alike() not in known
        rows += (f'<tr class="{"shared " if r.shared else "private "}{"differs" if new else ""}">'
                 f"<td>{r.start:#018x}<td>{size_of(r.end - r.start)}<td>{r.permissions}"
                 f"<td>{escape(r.what)}" + ("<td>≠" if new else ""))
    nodes = every(twin.nodes if twin else [])
    flags = {(node.virtual, node.level): flags_of(node) for node in nodes}
    entries = "".join(
        entry_html(node, node.index in space.shared,
                   lambda node: flags.get((node.virtual, node.level)) != flags_of(node))
        for node in space.nodes)
    return (f'<section class="space"><h3>{space.name}</h3><p>CR3 {space.root:#x}</p>'
            f"<table>{rows}</table><h4>page tables</h4>{entries}</section>")


def flags_of(node: Node) -> int:
    return node.entry & ~paging.ADDRESS & ~ACCESSED


def entry_html(node: Node, shared: bool, differs: Callable[[Node], bool]) -> str:
    """One entry; <details> opens with the mouse and with Enter, without a script."""
    kernels, new = shared and node.level == 4, differs(node)
    to = "page" if node.leaf else f"table of level {node.level - 1}"
    words = escape(f"entry {node.index} of level {node.level}: {node.entry:#018x}, {to} at "
                   f"{node.physical:#x}. " + "; ".join(["P: present", *bits(node.entry)]))
    names = decode.page_entry(node.entry, node.level).split(" ->")[0]
    label = (f"[{node.index}] {node.virtual:#x} <b>{names}</b>"
             + (" shared" if kernels else "") + (" ≠" if new else ""))
    below = "<p>The tables below are the kernel's own: see there.</p>" if kernels else \
        "".join(entry_html(lower, shared, differs) for lower in node.below)
    classes = " ".join(["shared"] * shared + ["differs"] * new)
    return (f'<details class="{classes}"><summary title="{words}">{label}</summary>'
            f"<p>{words}</p>{below}</details>")


def bits(entry: int) -> List[str]:
    return [words for bit, words in BITS.items() if entry >> bit & 1 and bit] \
        or ["read-only, ring 0 only"]
