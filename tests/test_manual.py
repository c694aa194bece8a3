"""What the course cites of the manuals: sections that there are, under their own titles."""
import re
from pathlib import Path
from typing import Dict, Iterator, Set

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("handouts", "labs", "solutions", "grading", "tools")
NUMBER = r"([A\d]\d*(?:\.\d+)+)"


def sections() -> Dict[str, Set[str]]:
    """The titles that a number has: "3A 4.7" has one, and so has "4.7"."""
    titles: Dict[str, Set[str]] = {}
    for line in (ROOT / "tests/manual_sections.txt").read_text().splitlines():
        if not line.startswith("#"):
            document, number, title = line.split(" ", 2)
            for name in (f"{document} {number}", number):
                titles.setdefault(name, set()).add(title)
    return titles


def mistakes(text: str) -> Iterator[str]:
    known = sections()
    text = re.sub(r"\s*\n[ \t]*(?:\* |# )?[ \t]*", " ", text)       # a comment's lines as one
    for match in re.finditer(rf"\b(?:SDM )?volume (\d[A-D]?), {NUMBER}|\b(ABI), {NUMBER}", text):
        name = f"{match[1] or match[3]} {match[2] or match[4]}"
        if name not in known:
            yield f"cites {name}, which is not in tests/manual_sections.txt"
    titled = rf"(?<!figure )\b{NUMBER},? \(?\"([A-Z4-6][^\"]+)\""
    for number, title in re.findall(titled, text):
        if title not in known.get(number, set()):
            yield f'cites {number} "{title}", which is {known.get(number, "unknown")}'


@pytest.mark.parametrize("folder", FOLDERS)
def test_citations(folder):
    files = [file for ending in ("md", "c", "h", "S", "py") for file in
             (ROOT / folder).rglob(f"*.{ending}")]
    found = [f"{file.relative_to(ROOT)} {mistake}" for file in files
             for mistake in mistakes(file.read_text("utf-8"))]
    assert found == []


@pytest.mark.parametrize("wrong", [
    "SDM volume 3A, 7.7", "SDM volume 3A, 4.7 (\"Page Faults\")", "SDM volume 1, 4.7",
    "SDM volume 3A,\n * 4.7 \"Page\n * Faults\"", "System V ABI, 3.2.9"])
def test_another_edition_is_found(wrong):
    assert list(mistakes(wrong))
    assert not list(mistakes('SDM volume 3A,\n * 4.7 ("Page-Fault\n * Exceptions"), and 1.4 "x"'))
