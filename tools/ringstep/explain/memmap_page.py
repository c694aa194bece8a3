"""The map of memory as one HTML page that needs nothing but itself (memmap.html)."""
from pathlib import Path
from typing import List

import jinja2

from ringstep.explain.memmap_model import CELL, Node, Picture
from ringstep.explain.memmap_text import size_of

BITS = {1: "W: writable", 2: "U: ring 3 may use it", 3: "PWT", 4: "PCD", 5: "A: was used",
        6: "D: was written to", 7: "PS: a large page", 8: "G: global", 63: "NX: no execution"}


def sentence(node: Node) -> str:
    """An entry in words, bit by bit."""
    to = "page" if node.leaf else f"table of level {node.level - 1}"
    bits = [words for bit, words in BITS.items() if node.entry >> bit & 1]
    return (f"entry {node.index} of level {node.level}: {node.entry:#018x}, {to} at "
            f"{node.physical:#x}. "
            + "; ".join(["P: present", *(bits or ["read-only, ring 0 only"])]))


def page(pictures: List[Picture]) -> str:
    """One picture, or two side by side."""
    template = jinja2.Template(Path(__file__).with_name("memmap.html").read_text("utf-8"),
                               autoescape=True)
    return template.render(pictures=pictures, cell=CELL, size_of=size_of, sentence=sentence)
