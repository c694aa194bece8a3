"""A drawing board for the handouts' pictures.

Each picture brings its own light ground and dark ink: so it can be read in a light
page, in a dark one and on paper.
"""
from html import escape
from typing import Collection, List

FILL = {"used": "#cfe3f7", "off": "#ececea", "kernel": "#f7dcc6", "user": "#d3ecd3",
        "cpu": "#e6daf4", "guard": "#f4c7c3"}
SANS = "DejaVu Sans, Verdana, sans-serif"
MONO = "DejaVu Sans Mono, Menlo, Consolas, monospace"
BEGIN = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img">
<title>{title}</title>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" \
orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="#1c1c1c"/></marker></defs>
<rect width="{width:g}" height="{height:g}" rx="6" fill="#fafaf7" stroke="#bbbbbb"/>
"""
Style = Collection[str]         # a key of FILL; bold, mono; middle or end: what x is of the words


class Picture:
    """Each verb of a drawing is a method; in what has several parts a line of words is one."""

    def __init__(self) -> None:
        self.bottom = 0.0
        self.parts: List[str] = []

    def title(self, words: str, style: Style, width: float = 720) -> None:
        self.words, self.width = words, width

    def text(self, words: str, style: Style, x: float, y: float, size: float = 13) -> None:
        if words:
            anchor = next((name for name in ("middle", "end") if name in style), "start")
            self.parts.append(
                f'<text x="{x:g}" y="{y:g}" font-size="{size:g}" text-anchor="{anchor}" '
                f'font-weight="{"bold" if "bold" in style else "normal"}" '
                f'font-family="{MONO if "mono" in style else SANS}" '
                f'fill="#1c1c1c">{escape(words)}</text>')
            self.bottom = max(self.bottom, y + 6)

    def lines(self, words: str, style: Style, x: float, y: float, apart: float,
              size: float = 12) -> None:
        for i, line in enumerate(words.split("\n")):
            self.text(line, style, x, y + i * apart, size)

    def box(self, words: str, style: Style, x: float, y: float, width: float, height: float,
            size: float = 13) -> None:
        fill = next((FILL[kind] for kind in style if kind in FILL), "#ffffff")
        dash = ' stroke-dasharray="4 3"' if "guard" in style else ""
        self.parts.append(f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" '
                          f'fill="{fill}" stroke="#444444"{dash}/>')
        first = y + height / 2 + 5 - words.count("\n") / 2 * (size + 4)
        self.lines(words, {*style, "middle"}, x + width / 2, first, size + 4, size)
        self.bottom = max(self.bottom, y + height)

    def arrow(self, words: str, style: Style, *points: float) -> None:
        path = " ".join(f"{x:g},{y:g}" for x, y in zip(points[::2], points[1::2]))
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="#1c1c1c" '
                          'stroke-width="1.6" marker-end="url(#tip)"/>')

    def line(self, words: str, style: Style, x1: float, y1: float, x2: float, y2: float) -> None:
        self.parts.append(f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" '
                          'stroke="#1c1c1c" stroke-dasharray="6 4"/>')

    def bits(self, words: str, style: Style, y: float, high: float, low: float) -> None:
        """A row of fields, "31 16 used: base"; a label that is too wide is written downwards."""
        unit = (self.width - 40) / (high - low + 1)
        for field in words.split("\n"):
            head, _, label = field.partition(": ")
            top, bottom, kind = head.split()
            left, width = 20 + (high - int(top)) * unit, (int(top) - int(bottom) + 1) * unit
            narrow = len(label) * 8 > width
            self.box("" if narrow else label, [kind], left, y, width, 34, 12)
            letters = label[:3] if narrow else ""
            for i, letter in enumerate(letters):
                down = (i - (len(letters) - 1) / 2) * 11
                self.text(letter, ["middle"], left + width / 2, y + 21 + down, 11)
            if width > 34:
                self.text(top, [], left + 2, y - 4, 10)
                if bottom != top:
                    self.text(bottom, ["end"], left + width - 2, y - 4, 10)
            else:
                self.text(top, ["middle"], left + width / 2, y - 4, 10)

    def stack(self, words: str, style: Style, x: float, y: float, width: float,
              height: float = 24) -> None:
        """Boxes from high to low addresses, "cpu: RIP"."""
        for i, row in enumerate(words.split("\n")):
            kind, _, label = row.partition(":")
            self.box(label.strip(), [kind, "mono"], x, y + i * height, width, height, 12)

    def svg(self) -> str:
        begin = BEGIN.format(width=self.width, height=self.bottom + 16, title=escape(self.words))
        return begin + "\n".join(self.parts) + "\n</svg>\n"
