"""What must hold for the handouts, and for README.md: `make handouts-check`. What they quote
is compared with what the code gives now (but for what another compiler changes, see LOOSE);
links, headings, exercises, references and commands are looked at.
"""
import re
import shlex
import sys
from typing import Iterator, List, Set

from ringstep.course.labs import CourseError, exercises_of
from ringstep.pages import pictures, runs
from ringstep.pages.handouts import picture
from ringstep.pages.page import BLOCK, FENCE, ROOT, existing, lab_pages, page_of, pages, slug
from ringstep.pages.quotes import made
import words_check

# Addresses in the image, sizes, and what follows from them: another compiler's are others.
RUNS = {quote.__name__ for quote in runs.QUOTES}
LOOSE = re.compile(
    r"rflags 0x\w+|\bline \d+|\.[cS]:\d+$|^\d+\t.*$|\bffff80001[0-9a-f]{7}|"
    r"0xffff888000007[0-9a-f]{3}|frame@entry=|0xffff80000000.(?!000)...\b|"
    r"0x7fffffff(?!f000)....\b|0x(0{10})?[0-9a-f]{5,6}\b|0xffff80001[0-9a-f]{7}|\b\d{4,6}\b|"
    r"<[\w+]+>| *\d+(?= [KM]iB )|(?<=kernel )\d+(?= KiB)|\b[0-9a-f]{2}( [0-9a-f]{2}){3,}|"
    r"index +\d+: 0x0000000000[0-9a-f]{6}", re.M)
VARIABLES = set("LAB SOLVED TEST ONLY SUBMISSION REPORT EX CC OPT V DIR GDBFLAGS GDBPORT PROGRAMS "
                "WERROR ROSTER JOBS TO TITLE REPO_URL HINTS FILE".split())
Problems = Iterator[str]


def loose(text: str) -> str:
    text = re.sub(r"^.*still running: \d+\n|(?<=\w)\+\d+\b", "", text, flags=re.M)
    return LOOSE.sub("#", text)


def anchors(text: str) -> Set[str]:
    return {slug(h) for h in re.findall(r"^#{1,6} (.+)$", FENCE.sub("", text), re.M)} \
        | set(re.findall(r'<a id="([^"]+)"', text))


def same(kind: str, ours: str, theirs: str) -> bool:
    return loose(ours) == loose(theirs) if kind in RUNS else ours == theirs


def check_blocks(name: str, text: str) -> Problems:
    for match in BLOCK.finditer(text):
        try:
            if not same(match[2].split()[0], made(match[2], match[3]), match[3]):
                yield f"is not what the code gives now (make handouts-refresh): {match[2]}"
        except (CourseError, OSError) as error:
            yield f"{match[2]}: {error}"
    if text.count("<!-- from:") != len(BLOCK.findall(text)):
        yield "has a marker without its end"


def check_links(name: str, text: str) -> Problems:
    """MkDocs knows of links between its pages; not of README.md, the tree, and sections."""
    for target in re.findall(r"\[[^\]]*\]\(([^)\s]+)\)", FENCE.sub("", text)):
        path, _, anchor = target.partition("#")
        if re.match(r"https?:", target):
            continue
        file = (page_of(name).parent / path).resolve() if path else page_of(name)
        if not file.exists():
            yield f"links to {target}, which does not exist"
        elif anchor and anchor not in anchors(file.read_text()):
            yield f"links to {target}: there is no such section"
    for alternative in re.findall(r"!\[([^\]]*)\]", text):
        if len(alternative) < 20:
            yield f'has a picture whose text says too little: "{alternative}"'


def check_code_links() -> Problems:
    """The post-mortem and the tests name sections of these pages."""
    known = existing()
    for file in sorted([*ROOT.glob("tools/**/*.py"), *ROOT.glob("tests/test_postmortem*.py")]):
        for name, anchor in re.findall(r"\b(\w+)\.md#([\w-]+)(?![\w…-])", file.read_text()):
            if name in known and anchor not in anchors(page_of(name).read_text()):
                yield f"{file.relative_to(ROOT)} names {name}.md#{anchor}: there is no such section"


def check_headings(name: str, text: str) -> Problems:
    levels = [len(h) for h in re.findall(r"^(#{1,6}) ", FENCE.sub("", text), re.M)]
    deeper = any(after > before + 1 for before, after in zip(levels, levels[1:]))
    if levels.count(1) != 1 or levels[0] != 1 or deeper:
        yield f"has headings out of order: {levels}"


def check_exercises(name: str, text: str) -> Problems:
    lab = lab_pages().get(name)
    if lab:
        sections = re.findall(r"^### Exercise (\d+\.\d+): ", text, re.M)
        ids = [exercise.id for exercise in exercises_of(ROOT, lab)]
        if sections != ids:
            yield f"has sections for the exercises {sections}, there are {ids}"


def check_references(name: str, text: str) -> Problems:
    """An SDM reference has a volume, and a section or an instruction."""
    right = r"SDM\s+volume\s+(1|2[ABCD]?|3[ABCD]),\s+(\d+\.\d+|[A-Z]{2,})"
    for match in re.finditer(r"SDM volume.{0,40}|SDM,? [\d§].{0,20}", FENCE.sub("", text), re.S):
        if not re.match(right, match[0]):
            yield f'has an SDM reference without volume and section: "{match[0]}"'


def typed(line: str) -> List[str]:
    """The words of a command as the shell has them."""
    try:
        return shlex.split(line)
    except ValueError:                                      # an apostrophe: it was a sentence
        return line.split()


def check_commands(name: str, text: str, known: Set[str]) -> Problems:
    """`known` has the commands of `make help`."""
    for inline, line in re.findall(r"`(make [^`]+)`|^(?:\$ )?(make\b[^#\n]*)", text, re.M):
        words = [word for word in typed(inline or line) if word not in ("&&", "\\")][1:]
        for word in words:
            variable, equals, _ = word.partition("=")
            if equals and variable not in VARIABLES:
                yield f"has a variable that make does not know: make {' '.join(words)}"
            elif not equals and re.fullmatch(r"[a-z][\w.-]*", word) and word not in known:
                yield f"has a command that `make help` does not list: make {word}"


def check_words(name: str, text: str) -> Problems:
    """Each lab's page is read alone, perhaps: so each links a word where it is used first."""
    if name in lab_pages():
        for start, end, word in words_check.unlinked(text, words_check.words()):
            line = text.count("\n", 0, start) + 1
            yield f"line {line}: the first \"{text[start:end]}\" has no link to words.md#{word}"


def check_frames(name: str, text: str) -> Problems:
    """Where a paragraph has both kinds of frames, it gives each its full name."""
    for part in re.split(r"\n\s*\n", words_check.prose(text)):
        kinds = set(re.findall(r"\b(trap|page)\sframe", part))
        if len(kinds) == 2 and re.search(r"(?<!trap)(?<!page)(?<!stack)\sframes?\b", part):
            yield f'says "frame" of one of two: {" ".join(part.split())[:80]}'


def check_tests(name: str, text: str) -> Problems:
    """The test kernels and programs that show what a page says of the hardware."""
    for test in sorted({*re.findall(r"\bTEST=(\w+)", text)} - {"name"}):
        if not [*ROOT.glob(f"grading/lab*/{test}.c"), *ROOT.glob(f"grading/lab*/*/{test}.c")]:
            yield f"names TEST={test}, which is in no folder of grading"


CHECKS = [check_blocks, check_links, check_headings, check_exercises, check_references,
          check_words, check_frames, check_tests]


def commands_of_make() -> Set[str]:
    return set(re.findall(r"^  (\S+)  ", runs.make("help"), re.M))


def problems() -> Problems:
    known = commands_of_make()
    for drawn, text in pictures.draw_all().items():
        if not picture(drawn).exists() or picture(drawn).read_text() != text:
            yield f"{picture(drawn).relative_to(ROOT)} is not what the code gives now " \
                "(make handouts-refresh)"
    yield from check_code_links()
    for name in [*pages(), "README"]:
        file = page_of(name).relative_to(ROOT)
        if not page_of(name).exists():
            yield f"{file} is missing"
            continue
        text = page_of(name).read_text()
        found = [problem for check in CHECKS for problem in check(name, text)]
        for problem in [*found, *check_commands(name, text, known)]:
            yield f"{file} {problem}"


if __name__ == "__main__":
    found = list(problems())
    print("\n".join(found) or "handouts: all right", file=sys.stderr if found else sys.stdout)
    sys.exit(1 if found else 0)
