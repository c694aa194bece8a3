"""The handouts: what they quote from the code, whether they are right, and the site.

    python3 -m ringstep handouts refresh | check | site | pdf

Text between `<!-- from: KIND name=value … -->` and `<!-- end -->` is made here,
from the code or from a run of it; KIND is a function registered with @source.
`refresh` writes it anew, `check` compares it (without what another compiler
changes, see LOOSE) and looks at links, exercises, references and commands.
README.md is a page in this, though not of the site.
"""
import re
import shlex
import sys

from ringstep.course.labs import exercises
from ringstep.pages import pictures, website
from ringstep.pages.page import BLOCK, FENCE, PAGES, ROOT, HandoutError, page_of, slug
from ringstep.pages.sources import made, make

# Addresses in the image, sizes, and what follows from them: another compiler's are others.
RUNS = {"transcript", "broken", "graded", "command", "session"}
LOOSE = re.compile(r"rflags 0x\w+|\bline \d+|\.[cS]:\d+$|^\d+\t.*$|\bffff80001[0-9a-f]{7}|"
                   r"0xffff888000007[0-9a-f]{3}|frame@entry=|0xffff80000000.(?!000)...\b|0x7fffffff(?!f000)....\b|"
                   r"0x(0{10})?[0-9a-f]{5,6}\b|0xffff80001[0-9a-f]{7}|\b\d{4,6}\b|"
                   r"<[\w+]+>| *\d+(?= [KM]iB )|(?<=kernel )\d+(?= KiB)|\b[0-9a-f]{2}( [0-9a-f]{2}){3,}|"
                   r"index +\d+: 0x0000000000[0-9a-f]{6}", re.M)


def refreshed(text, page):
    def renew(match):
        try:
            return match[1] + made(match[2], match[3]) + match[4]
        except (HandoutError, LookupError, TypeError, ValueError, OSError) as error:
            raise HandoutError(f"{page}.md: {match[2]}: {error}") from None
    return BLOCK.sub(renew, text)


def existing():
    return [name for name in PAGES if page_of(name).exists()]


def refresh(only=()):
    for name, text in pictures.draw_all().items():
        (ROOT / "handouts/pictures" / name).write_text(text)
    for name in only or [*existing(), "README"]:
        before = page_of(name).read_text()
        after = refreshed(before, name)
        if after != before:
            page_of(name).write_text(after)
            print(f"refreshed {page_of(name).relative_to(ROOT)}")


# ---- checks -------------------------------------------------------------------

def loose(text):
    return LOOSE.sub("#", re.sub(r"^.*still running: \d+\n|(?<=\w)\+\d+\b", "", text, flags=re.M))


def anchors(text):
    return {slug(h) for h in re.findall(r"^#{1,6} (.+)$", FENCE.sub("", text), re.M)} \
        | set(re.findall(r'<a id="([^"]+)"', text))


def same(kind, ours, theirs):
    return loose(ours) == loose(theirs) if kind in RUNS else ours == theirs


def check_blocks(name, text):
    for match in BLOCK.finditer(text):
        try:
            if not same(match[2].split()[0], made(match[2], match[3]), match[3]):
                yield f"is not what the code gives now (make handouts-refresh): {match[2]}"
        except (HandoutError, LookupError, TypeError, ValueError, OSError) as error:
            yield f"{match[2]}: {error}"
    if text.count("<!-- from:") != len(BLOCK.findall(text)):
        yield "has a marker without its end"


def check_links(name, text):
    for alt, target in re.findall(r"(!?)\[[^\]]*\]\(([^)\s]+)\)", FENCE.sub("", text)):
        path, _, anchor = target.partition("#")
        if re.match(r"https?:", target):
            continue
        file = (page_of(name).parent / path).resolve() if path else page_of(name)
        if not file.exists():
            yield f"links to {target}, which does not exist"
        elif anchor and anchor not in anchors(file.read_text()):
            yield f"links to {target}: there is no such section"
    for text_of in re.findall(r"!\[([^\]]*)\]", text):
        if len(text_of) < 20:
            yield f'has a picture whose text says too little: "{text_of}"'


def check_code_links():
    """The post-mortem and the tests name sections of these pages."""
    for file in sorted((ROOT / "tools").rglob("*.py")) + sorted((ROOT / "tests").glob("test_postmortem*.py")):
        for name, anchor in re.findall(r"\b(\w+)\.md#([\w-]+)(?![\w…-])", file.read_text()):
            if name in PAGES and anchor not in anchors(page_of(name).read_text()):
                yield f"{file.relative_to(ROOT)} names {name}.md#{anchor}: there is no such section"


def check_headings(name, text):
    levels = [len(h) for h in re.findall(r"^(#{1,6}) ", FENCE.sub("", text), re.M)]
    if levels.count(1) != 1 or levels[0] != 1 or any(b > a + 1 for a, b in zip(levels, levels[1:])):
        yield f"has headings out of order: {levels}"


def check_exercises(name, text):
    if name.startswith("lab"):
        sections = re.findall(r"^### Exercise (\d+\.\d+): ", text, re.M)
        ids = [id for id, _, _ in exercises(ROOT) if id.startswith(name[3:] + ".")]
        if sections != ids:
            yield f"has sections for the exercises {sections}, there are {ids}"


def check_references(name, text):
    """An SDM reference has a volume, and a section or an instruction."""
    for match in re.finditer(r"SDM volume.{0,40}|SDM,? [\d§].{0,20}", FENCE.sub("", text), re.S):
        if not re.match(r"SDM\s+volume\s+(1|2[ABCD]?|3[ABCD]),\s+(\d+\.\d+|[A-Z]{2,})", match[0]):
            yield f'has an SDM reference without volume and section: "{match[0]}"'


def typed(line):
    """The words of a command as the shell has them."""
    try:
        return shlex.split(line)
    except ValueError:                                      # an apostrophe: it was a sentence
        return line.split()


def check_commands(name, text, known):
    for line in re.findall(r"`(make [^`]+)`|^(?:\$ )?(make\b[^#\n]*)", text, re.M):
        words = [w for w in typed("".join(line)) if w not in ("&&", "\\")][1:]
        for word in words:
            variable, equals, value = word.partition("=")
            if equals and variable not in ("LAB", "SOLVED", "TEST", "ONLY", "SUBMISSION", "REPORT", "EX", "CC",
                                           "OPT", "V", "DIR", "GDBFLAGS", "GDBPORT", "PROGRAMS", "WERROR"):
                yield f"has a variable that make does not know: make {' '.join(words)}"
            elif not equals and re.fullmatch(r"[a-z][\w.-]*", word) and word not in known:
                yield f"has a command that `make help` does not list: make {word}"
            if equals or not re.fullmatch(r"[a-z][\w.-]*", word):
                continue


def problems():
    known = set(re.findall(r"^  (\S+)  ", make("help"), re.M))
    for name, text in pictures.draw_all().items():
        file = ROOT / "handouts/pictures" / name
        if not file.exists() or file.read_text() != text:
            yield f"handouts/pictures/{name} is not what the code gives now (make handouts-refresh)"
    yield from check_code_links()
    for name in [*PAGES, "README"]:
        if not page_of(name).exists():
            yield f"{name}.md is missing"
            continue
        text, file = page_of(name).read_text(), page_of(name).relative_to(ROOT)
        for check in (check_blocks, check_links, check_headings, check_exercises, check_references):
            yield from (f"{file} {problem}" for problem in check(name, text))
        yield from (f"{file} {problem}" for problem in check_commands(name, text, known))


def main(arguments):
    """handouts refresh [PAGE…] | check | site | pdf"""
    try:
        if arguments[:1] == ["refresh"]:
            refresh(arguments[1:])
        elif arguments == ["check"]:
            found = list(problems())
            print("\n".join(found) or "handouts: all right", file=sys.stderr if found else sys.stdout)
            return 1 if found else 0
        else:
            return {"site": website.build, "pdf": website.pdf}[arguments[0]]()
    except HandoutError as error:
        print(error, file=sys.stderr)
        return 1
    return 0

