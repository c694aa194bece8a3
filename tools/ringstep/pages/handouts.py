"""The handouts: what they quote from the code, and the site.

    python3 -m ringstep handouts refresh [PAGE…] | site | pdf

Text between `<!-- from: KIND name=value … -->` and `<!-- end -->` is made here,
from the code or from a run of it; KIND is one of QUOTES in quotes.py.
`refresh` writes it anew; tests/page_checks.py compares it, and looks at links,
exercises, references and commands. README.md is a page in this, though not of the site.
"""
import re
from pathlib import Path
from typing import List, Sequence

from ringstep.course.labs import CourseError
from ringstep.pages import pictures, website
from ringstep.pages.page import BLOCK, ROOT, HandoutError, existing, page_of
from ringstep.pages.quotes import made


def refreshed(text: str, page: str) -> str:
    def renew(match: "re.Match[str]") -> str:
        try:
            return match[1] + made(match[2], match[3]) + match[4]
        except (CourseError, OSError) as error:
            raise HandoutError(f"{page}.md: {match[2]}: {error}") from None
    return BLOCK.sub(renew, text)


def picture(name: str) -> Path:
    return ROOT / "handouts/pictures" / name


def refresh(only: Sequence[str]) -> None:
    for name, text in pictures.draw_all().items():
        picture(name).write_text(text)
    for name in only or [*existing(), "README"]:
        before = page_of(name).read_text()
        after = refreshed(before, name)
        if after != before:
            page_of(name).write_text(after)
            print(f"refreshed {page_of(name).relative_to(ROOT)}")


def main(arguments: List[str]) -> int:
    """handouts refresh [PAGE…] | site | pdf"""
    if arguments[:1] == ["refresh"]:
        refresh(arguments[1:])
    elif arguments == ["site"]:
        website.build()
    elif arguments == ["pdf"]:
        website.pdf()
    else:
        raise HandoutError("handouts refresh [PAGE…] | site | pdf")
    return 0
