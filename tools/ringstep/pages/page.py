"""The handouts' pages as files: where they are, and what their text is made of."""
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PAGES = ["start", "tools", "lab1", "lab2", "lab3", "trouble", "report", "reference", "instructors",
         "further"]
BLOCK = re.compile(r"(<!-- from: (.+?) -->\n)(.*?)(<!-- end -->)", re.S)
FENCE = re.compile(r"^```.*?^```$", re.S | re.M)


class HandoutError(Exception):
    """What is wrong, in one line."""


def read(path):
    return (ROOT / path).read_text()


def page_of(name):
    return ROOT / "README.md" if name == "README" else ROOT / "handouts" / f"{name}.md"


def slug(heading):
    """The anchor of a heading: forges and MkDocs agree on it."""
    return re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading)).strip().lower().replace(" ", "-")
