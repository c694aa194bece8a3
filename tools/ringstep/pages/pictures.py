"""The handouts' pictures, as SVG, from the drawings in tools/handouts/pictures.

A drawing has a line for each box, text or arrow: a macro of svg.jinja, where it stands, its
options, and its words; lines that are set in belong to the one above. Jinja puts in the numbers
of the labs' headers and of the budget before; `fits` names members and offsets of a structure
that it relies on.
"""
import re
from html import escape
from pathlib import Path
from typing import Dict

import jinja2

from ringstep.bench import budget
from ringstep.kernel.contract import contract
from ringstep.pages.page import ROOT, HandoutError, members

BOARD = jinja2.Template(Path(__file__).with_name("svg.jinja").read_text("utf-8"),
                        keep_trailing_newline=True)
EDGE = re.compile(r'<(?:rect|text) x="\S+" y="(\S+)"(?: width="\S+" height="(\S+)")?')
DRAWINGS = sorted((ROOT / "tools/handouts/pictures").glob("*.txt"))


def bit(mask: int) -> int:
    """The number of a bit that a header names."""
    return mask.bit_length() - 1


def grouped(value: int) -> str:
    """0x0000_7FFF_FFFF_F000"""
    return "0x" + "_".join(re.findall("....", f"{value:016X}"))


def check_fits(struct: str, expected: str) -> None:
    """`expected`: "rip 136, cs 144", in their order; an offset may be left out."""
    there = [(name, str(offset)) for name, offset, _ in members(struct)]
    wanted = [part.split() for part in expected.split(",")]
    names = [name for name, *_ in wanted]
    found = [member for member in there if member[0] in names]
    if [list(member[:len(want)]) for member, want in zip(found, wanted)] != wanted:
        raise HandoutError(f"a picture does not fit struct {struct} any more: {expected.strip()}")


def draw(drawing: Path) -> str:
    """The SVG of a drawing."""
    template = jinja2.Template(drawing.read_text("utf-8"), trim_blocks=True,
                               undefined=jinja2.StrictUndefined)
    try:
        text = template.render(contract().numbers, bit=bit, grouped=grouped, members=members,
                               cost=budget.read(ROOT)[1])
    except (jinja2.TemplateError, TypeError) as error:
        raise HandoutError(f"{drawing.name}: {error}") from None
    title, parts, macros = "", [], BOARD.module
    for part in re.split(r"\n(?=\w)", text.strip()):
        head, *below = part.split("\n")
        head, _, words = head.partition(":")
        verb, *options = re.split(r"[ ,]", head)
        numbers = [float(option) for option in options if option.isdigit()]
        if verb == "fits":
            check_fits(options[0], words)
        elif verb == "title":
            title, (width, *_) = escape(words.strip()), [*numbers, 720]
            macros = BOARD.make_module({"picture_width": width})
        else:
            lines = [escape(line.strip()) for line in below or [words]]
            parts.append(getattr(macros, verb)(lines, options, *numbers))
    bottom = max(float(y) + float(height or 6) for y, height in EDGE.findall("".join(parts)))
    return str(getattr(macros, "frame")(title, bottom + 16, "".join(parts)))


def draw_all() -> Dict[str, str]:
    """File name → SVG."""
    return {f"{drawing.stem}.svg": draw(drawing) for drawing in DRAWINGS}
