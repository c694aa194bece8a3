"""Names and bytes that a submission has chosen are data: shown, they are obeyed by nothing."""
import re

# What terminals obey, what XML and JSON cannot have, and what turns the order of letters round.
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069"
                    "\ud800-\udfff\ufeff\ufffe\uffff]")
BREAKS = re.compile("[\t\n]")


def escape(match: "re.Match[str]") -> str:
    return ascii(match[0])[1:-1]


def visible(text: str) -> str:
    """A text of several lines."""
    return UNSAFE.sub(escape, text)


def one_line(name: str) -> str:
    """A name, of a file, a member, a section."""
    return BREAKS.sub(escape, visible(name))


def cell(text: str) -> str:
    """A cell of a table: a spreadsheet must not compute it."""
    line = one_line(text)
    return "'" + line if re.match(r"\s*[=+\-@].", line) else line
