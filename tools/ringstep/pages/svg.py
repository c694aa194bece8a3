"""A drawing board for the handouts' pictures, and the numbers of the labs' headers.

Each picture brings its own light ground and dark ink: so it can be read in a light
page, in a dark one and on paper.
"""
import re
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
FILL = {"": "#ffffff", "used": "#cfe3f7", "off": "#ececea", "kernel": "#f7dcc6", "user": "#d3ecd3",
        "cpu": "#e6daf4", "guard": "#f4c7c3"}
SIZES = {"uint8_t": 1, "uint16_t": 2, "uint32_t": 4, "uint64_t": 8}


def header(name):
    return next(ROOT.glob(f"labs/*/include/{name}")).read_text()


def number(name, file="memory_layout.h"):
    return int(re.search(rf"#define\s+{name}\s+(0x[0-9A-Fa-f]+|\d+)", header(file))[1], 0)


def grouped(value):
    """0x0000_7FFF_FFFF_F000"""
    return "0x" + "_".join(re.findall("....", f"{value:016X}"))


def bit(name):
    """The number of a bit of gdt.h."""
    return int(re.search(rf"#define {name}\s.*<< (\d+)\)", header("gdt.h"))[1])


def layout(file, struct):
    """(name, offset, size) of each member of a packed or naturally aligned structure."""
    body = re.search(rf"^struct {struct} \{{\n(.*?)^\}}", header(file), re.S | re.M)[1]
    members, at = [], 0
    for kind, names in re.findall(r"\b(uint\d+_t) ([^;]+);", re.sub(r"/\*.*?\*/", "", body, flags=re.S)):
        for name in names.split(","):
            count = re.search(r"\[(\d+)\]", name)
            size = SIZES[kind] * (int(count[1]) if count else 1)
            members.append((re.sub(r"\[.*", "", name.strip()), at, size))
            at += size
    return members


class Picture:
    def __init__(self, title, width=720):
        self.title, self.width, self.parts, self.bottom = title, width, [], 0

    def text(self, x, y, words, anchor="start", size=13, weight="normal", mono=False):
        if not words:
            return
        family = "DejaVu Sans Mono, Menlo, Consolas, monospace" if mono else "DejaVu Sans, Verdana, sans-serif"
        self.parts.append(f'<text x="{x:g}" y="{y:g}" font-size="{size}" text-anchor="{anchor}" '
                          f'font-weight="{weight}" font-family="{family}" fill="#1c1c1c">{escape(words)}</text>')
        self.bottom = max(self.bottom, y + 6)

    def box(self, x, y, width, height, words="", kind="", size=13, mono=False):
        dash = ' stroke-dasharray="4 3"' if kind == "guard" else ""
        self.parts.append(f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" fill="{FILL[kind]}" '
                          f'stroke="#444444"{dash}/>')
        lines = words.split("\n")
        for i, line in enumerate(lines):
            self.text(x + width / 2, y + height / 2 + 5 + (i - (len(lines) - 1) / 2) * (size + 4), line, "middle",
                      size, mono=mono)
        self.bottom = max(self.bottom, y + height)

    def arrow(self, *points, words="", at=None):
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="#1c1c1c" stroke-width="1.6" '
                          f'marker-end="url(#tip)"/>')
        if words:
            self.text(*at, words, size=12)

    def bits(self, y, high, low, fields, x=20, kind_of=lambda label: "used"):
        """A row of bits: fields are (highest bit, lowest bit, label, kind)."""
        unit = (self.width - 2 * x) / (high - low + 1)
        for top, bottom, label, kind in fields:
            left, width = x + (high - top) * unit, (top - bottom + 1) * unit
            narrow = len(label) * 8 > width
            self.box(left, y, width, 34, "" if narrow else label, kind, 12)
            if narrow:
                for i, letter in enumerate(label.split("|")[0][:3]):
                    self.text(left + width / 2, y + 15 + 0 * i + (i - (min(3, len(label)) - 1) / 2) * 11 + 6, letter,
                              "middle", 11)
            if width > 34:
                self.text(left + 2, y - 4, str(top), size=10)
                if bottom != top:
                    self.text(left + width - 2, y - 4, str(bottom), "end", 10)
            else:
                self.text(left + width / 2, y - 4, str(top), "middle", 10)

    def stack(self, x, y, rows, width=170, row=24):
        """Boxes from high to low addresses: (label, kind)."""
        for i, (label, kind) in enumerate(rows):
            self.box(x, y + i * row, width, row, label, kind, 12, mono=True)
        return y + len(rows) * row

    def svg(self):
        height = self.bottom + 16
        return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {height:g}" role="img">\n'
                f"<title>{escape(self.title)}</title>\n"
                '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" '
                'orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="#1c1c1c"/></marker></defs>\n'
                f'<rect width="{self.width}" height="{height:g}" rx="6" fill="#fafaf7" stroke="#bbbbbb"/>\n'
                + "\n".join(self.parts) + "\n</svg>\n")
