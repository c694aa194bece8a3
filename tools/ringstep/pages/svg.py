"""A drawing board for the handouts' pictures, and the numbers of the labs' headers.

Each picture brings its own light ground and dark ink: so it can be read in a light
page, in a dark one and on paper.
"""
import re
from html import escape
from typing import List, Sequence, Tuple

from ringstep.kernel.contract import contract

FILL = {"": "#ffffff", "used": "#cfe3f7", "off": "#ececea", "kernel": "#f7dcc6",
        "user": "#d3ecd3", "cpu": "#e6daf4", "guard": "#f4c7c3"}
SANS = "DejaVu Sans, Verdana, sans-serif"
MONO = "DejaVu Sans Mono, Menlo, Consolas, monospace"
BEGIN = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height:g}" role="img">
<title>{title}</title>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" \
orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="#1c1c1c"/></marker></defs>
<rect width="{width}" height="{height:g}" rx="6" fill="#fafaf7" stroke="#bbbbbb"/>
"""
Row = Tuple[str, str]           # label and kind, a key of FILL
Point = Tuple[float, float]
Bits = Tuple[int, int, str, str]        # highest and lowest bit, label, kind


def number(name: str) -> int:
    return contract().numbers[name]


def bit(name: str) -> int:
    """The number of a bit that a header names."""
    return number(name).bit_length() - 1


def grouped(value: int) -> str:
    """0x0000_7FFF_FFFF_F000"""
    return "0x" + "_".join(re.findall("....", f"{value:016X}"))


class Picture:
    def __init__(self, title: str, width: int = 720) -> None:
        self.title, self.width, self.bottom = title, width, 0.0
        self.parts: List[str] = []

    def text(self, x: float, y: float, words: str, anchor: str = "start", size: int = 13,
             weight: str = "normal", mono: bool = False) -> None:
        if words:
            self.parts.append(
                f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}" '
                f'font-weight="{weight}" font-family="{MONO if mono else SANS}" '
                f'fill="#1c1c1c">{escape(words)}</text>')
            self.bottom = max(self.bottom, y + 6)

    def lines(self, x: float, y: float, lines: Sequence[str], apart: int, size: int = 12) -> None:
        for i, words in enumerate(lines):
            self.text(x, y + i * apart, words, size=size)

    def box(self, x: float, y: float, width: float, height: float, words: str = "",
            kind: str = "", size: int = 13, mono: bool = False) -> None:
        dash = ' stroke-dasharray="4 3"' if kind == "guard" else ""
        self.parts.append(f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" '
                          f'fill="{FILL[kind]}" stroke="#444444"{dash}/>')
        lines = words.split("\n")
        first = y + height / 2 + 5 - (len(lines) - 1) / 2 * (size + 4)
        for i, line in enumerate(lines):
            self.text(x + width / 2, first + i * (size + 4), line, "middle", size, mono=mono)
        self.bottom = max(self.bottom, y + height)

    def arrow(self, *points: Point) -> None:
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="#1c1c1c" '
                          'stroke-width="1.6" marker-end="url(#tip)"/>')

    def bits(self, y: float, high: int, low: int, fields: Sequence[Bits], x: float = 20) -> None:
        """A row of bits; a label that is too wide is written downwards."""
        unit = (self.width - 2 * x) / (high - low + 1)
        for top, bottom, label, kind in fields:
            left, width = x + (high - top) * unit, (top - bottom + 1) * unit
            narrow = len(label) * 8 > width
            self.box(left, y, width, 34, "" if narrow else label, kind, 12)
            letters = label[:3] if narrow else ""
            for i, letter in enumerate(letters):
                down = (i - (len(letters) - 1) / 2) * 11
                self.text(left + width / 2, y + 21 + down, letter, "middle", 11)
            if width > 34:
                self.text(left + 2, y - 4, str(top), size=10)
                if bottom != top:
                    self.text(left + width - 2, y - 4, str(bottom), "end", 10)
            else:
                self.text(left + width / 2, y - 4, str(top), "middle", 10)

    def stack(self, x: float, y: float, rows: Sequence[Row], width: float = 170,
              row: float = 24) -> float:
        """Boxes from high to low addresses; where the last one ends."""
        for i, (label, kind) in enumerate(rows):
            self.box(x, y + i * row, width, row, label, kind, 12, mono=True)
        return y + len(rows) * row

    def svg(self) -> str:
        begin = BEGIN.format(width=self.width, height=self.bottom + 16, title=escape(self.title))
        return begin + "\n".join(self.parts) + "\n</svg>\n"
