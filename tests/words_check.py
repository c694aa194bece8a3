"""Where a page uses a word that words.md explains: at its first use it is a link."""
import re
from typing import Iterator, List, Match, Optional, Tuple

from ringstep.pages.page import BLOCK, FENCE, read

# Not prose: quotations, comments, headings, tables, code, links, pictures, summaries, titles.
NOT_PROSE = [BLOCK, FENCE, re.compile(
    r"<!--.*?-->|^#[^\n]*|^\|[^\n]*|`[^`]*`|!?\[[^\]]*\]\([^)]*\)|<summary>.*?</summary>|"
    r'"[^"]*"|ring\sbuffers?', re.S | re.M)]


def words() -> List[str]:
    """The anchors of words.md: trap-frame, cpl, …"""
    return re.findall(r'<a id="([\w-]+)">', read("handouts/words.md"))


def prose(text: str) -> str:
    """The text, with blanks in place of what is not prose: places stay what they are."""
    for pattern in NOT_PROSE:
        text = pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    return text


def first(word: str, text: str) -> Optional[Match[str]]:
    """Abbreviations are written in capitals; others may be plural, or begin a sentence."""
    short = len(word) <= 5 and word not in ("ring", "trap")
    form = word.upper() if short else "(?i:" + word.replace("-", r"\s") + ")s?"
    return re.search(rf"(?<![\w#-]){form}(?![\w-])", text)


def unlinked(text: str, known: List[str]) -> Iterator[Tuple[int, int, str]]:
    """Start, end and anchor of each first use that is no link."""
    plain = prose(text)
    for word in sorted(known, key=len, reverse=True):
        use = first(word, plain)
        link = re.search(rf"\]\(words\.md#{word}\)", text)
        if use and (not link or link.start() > use.start()):
            yield use.start(), use.end(), word
