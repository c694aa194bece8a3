"""The handouts' pages as files: which there are, and what their text is made of."""
import re
import shlex
from pathlib import Path
from typing import Dict, List, Optional, Tuple

from ringstep.course.labs import CourseError, Lab, labs
from ringstep.kernel.contract import contract

ROOT = Path(__file__).resolve().parents[3]
BEFORE_LABS = ["start", "words", "tools"]
AFTER_LABS = ["trouble", "report", "reference", "instructors", "further"]
BLOCK = re.compile(r"(<!-- from: (.+?) -->\n)(.*?)(<!-- end -->)", re.S)
FENCE = re.compile(r"^```.*?^```$", re.S | re.M)


class HandoutError(CourseError):
    """What is wrong, in one line."""


def read(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


def page_of(name: str) -> Path:
    return ROOT / "README.md" if name == "README" else ROOT / "handouts" / f"{name}.md"


def lab_pages() -> Dict[str, Lab]:
    return {Path(lab.page).stem: lab for lab in labs(ROOT)}


def pages() -> List[str]:
    """The site's pages in their order, whether they are written or not. Each lab has one;
    what is there besides comes last."""
    names = [*BEFORE_LABS, *lab_pages(), *AFTER_LABS]
    others = {file.stem for file in ROOT.glob("handouts/*.md")} - {*names}
    return names + sorted(others)


def existing() -> List[str]:
    return [name for name in pages() if page_of(name).exists()]


def slug(heading: str) -> str:
    """The anchor of a heading: forges and MkDocs agree on it."""
    return re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading)).strip().lower().replace(" ", "-")


def marked(marker: str) -> Tuple[str, Dict[str, str]]:
    """Kind and options of `KIND name=value …`."""
    try:
        kind, *options = shlex.split(marker)
        return kind, {name: value for name, value in (item.split("=", 1) for item in options)}
    except ValueError:
        raise HandoutError(f"is not KIND name=value …: {marker}") from None


def found(pattern: str, text: str, what: str, flags: int = 0) -> "re.Match[str]":
    match: Optional["re.Match[str]"] = re.search(pattern, text, flags)
    if not match:
        raise HandoutError(f"there is no {what}")
    return match


def members(struct: str) -> List[Tuple[str, int, int]]:
    """(name, offset, size) of each member of a structure, as the compiler has them."""
    try:
        structure = contract(ROOT).structure(struct)
    except KeyError:
        raise HandoutError(f"no header has a struct {struct}") from None
    starts: Dict[str, int] = {}
    for leaf, (offset, _) in structure.leaves.items():
        starts.setdefault(re.split(r"[.[]", leaf)[0], offset)
    ends = [*list(starts.values())[1:], structure.size]
    return [(name, start, end - start) for (name, start), end in zip(starts.items(), ends)]
