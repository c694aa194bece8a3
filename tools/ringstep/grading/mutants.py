"""The grader's own test: wrong kernels, cheats, and right solutions unlike ours.

`quick` runs, for each wrong solution, the test that must catch it; `full` grades
every lab with each of them, and expects that one mistake costs one exercise.
"""
import argparse
import hashlib
import os
import re
import subprocess
import sys
from dataclasses import dataclass, field
from functools import lru_cache, partial
from importlib import import_module
from pathlib import Path
from typing import (Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Set,
                    Tuple, Union)

from ringstep.course.labs import CourseError, exercises, lab_of, labs
from ringstep.explain import postmortem
from ringstep.grading import report
from ringstep.grading.grade import Grader
from ringstep.grading.kernels import Watched, boot_kernel
from ringstep.grading.parallel import workers
from ringstep.grading.registry import BOTH
from ringstep.grading.rows import Cheat, Right, Wrong
from ringstep.grading.submission import Submission
from ringstep.grading.text import visible
from ringstep.grading.verdict import GRADER_ERROR, NOT_RUN, PASS, Grade
from ringstep.grading.workspace import Kernel, Workspace
from ringstep.machine.record import Limits, Record

Row = Union[Wrong, Cheat, Right]
HEADERS = ("string", "cpu", "gdt", "console")       # which a right solution may need, too
LONGEST = 1500                                      # of what is said of a row that is not right
SCREEN = Limits(cpu_seconds=20)                     # `make qemu-nox` itself has none
BLAMED = re.compile(r"Exercise (\d+\.\d+) is wrong|#exercise-(\d)(\d+)-")


# ---- the tables ----------------------------------------------------------

def table(root: Path, name: str) -> List[Any]:
    """The rows of grading/mutants/NAME*.py."""
    if str(root) not in sys.path:
        sys.path.append(str(root))
    files = sorted(root.glob(f"grading/mutants/{name}*.py"))
    modules = [import_module(f"grading.mutants.{file.stem}") for file in files]
    return [row for module in modules for row in getattr(module, name.upper())]


def solution(root: Path, path: str) -> str:
    return (root / "solutions" / path).read_text("utf-8")


def path_of(root: Path, id: str) -> str:
    return next(path for exercise, _, path in exercises(root) if exercise == id)


def solutions(root: Path, lab: int) -> Dict[str, bytes]:
    return {exercise.path: solution(root, exercise.path).encode()
            for exercise in exercises(root) if exercise.lab == lab}


def changed(text: str, find: str, put: str, name: str) -> bytes:
    if text.count(find) != 1:
        raise CourseError(f"{name}: the text to find is there {text.count(find)} times, "
                          f"not once: {find!r}")
    return text.replace(find, put).encode()


# ---- grading one row -----------------------------------------------------

@dataclass(frozen=True)
class Bits:
    """A kernel, equal to every other whose disk image has the same bits."""
    digest: str
    kernel: Kernel = field(compare=False)


@lru_cache(100)         # a lab's solutions come again with every row, a row's own kernels do not
def boot_once(emulator: str, bits: Bits, limits: Limits, breakpoints: Watched) -> Record:
    return boot_kernel(emulator, bits.kernel, limits, breakpoints)


def boot_remembered(emulator: str, kernel: Kernel, limits: Limits,
                    breakpoints: Watched) -> Record:
    """As boot_kernel(). Where one exercise is wrong, most kernels are the solutions', and an
    emulator does the same again with the same bits, as `make check-stable` sees to."""
    digest = hashlib.sha256(Path(kernel.image).read_bytes()).hexdigest()
    return boot_once(emulator, Bits(digest, kernel), limits, breakpoints)


def on_one_line(lines: Sequence[str]) -> str:
    return re.sub(r"\s+", " ", " ".join(lines))


def says(row: Wrong, words: str, said: str) -> bool:
    """Whether it has these words, none of a wrong cause, and blames no other exercise."""
    blamed = {id or f"{lab}.{number}" for id, lab, number in BLAMED.findall(said)}
    return words in said and blamed <= {row.exercise} and not any(w in said for w in row.never)


@dataclass
class Outcome:
    name: str
    caught: bool            # or, of a right solution: has full marks
    diagnosed: bool         # report and first screens say what they must, and nothing false
    said: str               # the one that does not, or the report; on one line


class Attempt:
    """A row's file, to be graded beside the solutions of its lab."""

    def __init__(self, root: Path, row: Row):
        self.root, self.row, self.lab = root, row, lab_of(row.exercise)
        self.name = f"{row.exercise} {row.what}"
        self.path = path_of(root, row.exercise)
        self.file = self.changed(row) if isinstance(row, Wrong) else self.written(row)

    def changed(self, row: Wrong) -> bytes:
        return changed(solution(self.root, self.path), row.find, row.put, self.name)

    def written(self, row: Union[Cheat, Right]) -> bytes:
        """Behind the solution's text up to its last #include: the task, and the headers."""
        head = re.match(r".*^#include [^\n]*\n", solution(self.root, self.path), re.S | re.M)
        if not head:
            raise CourseError(f"solutions/{self.path} includes nothing")
        more = HEADERS if isinstance(row, Right) and self.path.endswith(".c") else ()
        return (head[0] + "".join(f"#include <{name}.h>\n" for name in more) + row.body).encode()

    def grade(self, only: Optional[str] = None, emulators: Sequence[str] = BOTH) -> Grade:
        """Grade it; of one test that is asked for, the file alone."""
        others = {} if only else solutions(self.root, self.lab)
        self.grader = Grader(self.root, Submission("mutant", {**others, self.path: self.file}),
                             [self.lab], only, emulators, boot_kernel=boot_remembered,
                             seed="mutants")
        return self.grader.run()[self.row.exercise]

    def said(self, grade: Grade) -> str:
        """All that the report says about an exercise, on one line."""
        lines = [*report.explain_file(grade)]
        for result in grade.results:
            if result.verdict != PASS:
                lines += report.explain(self.grader, grade, result, set())
        return on_one_line(lines)

    def screens(self) -> Iterator[Tuple[str, str]]:
        """(emulator, what a student reads there first): of the lab's own kernel."""
        with Workspace(self.root, {self.path: self.file}) as space:
            kernel = space.build(self.lab, {self.row.exercise}, "")
            for emulator in BOTH:
                record = boot_kernel(emulator, kernel, SCREEN, ())
                if emulator == "bochs":
                    postmortem.look_again(record, kernel.elf, kernel.image)
                found = postmortem.explain(record, kernel.elf)
                yield emulator, on_one_line([record.text, *(found.lines() if found else ())])

    def failed(self) -> List[Grade]:
        return [each for each in self.grader.exercises.values() if each.verdict != PASS]


def try_quickly(root: Path, row: Wrong) -> Outcome:
    """Only the test that must see it."""
    attempt = Attempt(root, row)
    for emulator in BOTH:               # some things only Bochs sees
        grade = attempt.grade(row.test, (emulator,))
        if grade.verdict != PASS:
            break
    said = attempt.said(grade)
    return Outcome(attempt.name, grade.verdict not in (PASS, NOT_RUN, GRADER_ERROR),
                   says(row, row.says, said), said)


def try_screens(root: Path, row: Wrong) -> Outcome:
    """Only what a student reads first."""
    attempt = Attempt(root, row)
    for emulator, said in attempt.screens() if row.shows else ():
        if not says(row, row.shows, said):
            return Outcome(attempt.name, True, False, f"{emulator}: {said[-LONGEST:]}")
    return Outcome(attempt.name, True, True, "")


def try_in_full(root: Path, row: Wrong) -> Outcome:
    """Beside the solutions of its lab. Its test may stand behind one that has seen it, too."""
    attempt = Attempt(root, row)
    grade = attempt.grade()
    said = attempt.said(grade)
    innocent = [each.id for each in attempt.failed() if each is not grade]
    if innocent:
        return Outcome(attempt.name, False, False, f"it cost {' '.join(innocent)}, too; {said}")
    outcome = Outcome(attempt.name, grade.verdict not in (PASS, GRADER_ERROR),
                      says(row, row.says, said), said)
    return try_screens(root, row) if outcome.caught and outcome.diagnosed else outcome


def try_right(root: Path, row: Right) -> Outcome:
    attempt = Attempt(root, row)
    attempt.grade()
    bad = attempt.failed()
    return Outcome(attempt.name, not bad, True, " ".join(map(attempt.said, bad)))


def try_cheat(root: Path, row: Cheat) -> Outcome:
    attempt = Attempt(root, row)
    grade = attempt.grade(row.exercise)
    said = attempt.said(grade)
    raw = "\x1b" in "".join(report.table(attempt.grader))
    caught = grade.score == 0 and grade.verdict != GRADER_ERROR and not raw
    return Outcome(attempt.name, caught, row.says in said, said)


# ---- all of them ---------------------------------------------------------

class Kind(NamedTuple):
    table: str
    attempt: Callable[[Path, Any], Outcome]
    summary: str                # what is said in the end
    miss: str = "NOT CAUGHT"


DIAGNOSED = "caught {caught} of {all}, diagnosed {diagnosed} of {all}"
KINDS = {
    "quick": Kind("wrong", try_quickly, f"wrong solutions: {DIAGNOSED}"),
    "full": Kind("wrong", try_in_full, f"wrong solutions: {DIAGNOSED}"),
    "screens": Kind("wrong", try_screens, "first screens: {diagnosed} of {all} name the cause"),
    "cheats": Kind("cheats", try_cheat, f"cheats: {DIAGNOSED}"),
    "right": Kind("right", try_right, "right solutions: full marks for {caught} of {all}",
                  "NOT FULL MARKS"),
}


def in_share(row: Row, share: str, seed: str) -> bool:
    """Whether a row is of the part that a seed, the hash of a commit, chooses."""
    part, _, whole = share.partition("/")
    name = f"{seed} {row.exercise} {row.what}".encode()
    return int(hashlib.sha256(name).hexdigest(), 16) % int(whole) < int(part)


def touched(root: Path, base: str) -> Set[str]:
    """The exercises that the change since a commit touches: by their own file, or by another
    one of their lab, of its tests or its rows."""
    git = subprocess.run(["git", "diff", "-z", "--name-only", base, "--"], cwd=root,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if git.returncode != 0:
        raise CourseError(f"--changed {base}: {git.stderr.decode(errors='replace').strip()}")
    names, found = os.fsdecode(git.stdout).split("\0"), set()
    for lab in labs(root):
        own = re.compile(rf"(labs|solutions)/{lab.name}/|{lab.grading}/"
                         rf"|grading/mutants/\w*_lab{lab.number}(_|\.)")
        mine = [name for name in names if own.match(name)]
        for exercise in exercises(root):
            files = [name for name in mine if "/exercises/" not in name
                     or name.endswith("/" + exercise.path)]
            if exercise.lab == lab.number and files:
                found.add(exercise.id)
    return found


def chosen(root: Path, options: argparse.Namespace) -> List[Row]:
    name = KINDS[options.kind].table
    rows: List[Row] = [row for row in table(root, name)
                       if options.text in f"{row.exercise} {row.what}"]
    if not rows:
        raise CourseError(f"grading/mutants/{name}*.py has no row with \"{options.text}\"")
    if not options.share and not options.changed:
        return rows
    ids = touched(root, options.changed) if options.changed else set()
    return [row for row in rows if row.exercise in ids
            or options.share and in_share(row, options.share, options.seed)]


def run(root: Path, kind: Kind, rows: Sequence[Row]) -> bool:
    """Try each row; whether all came out as they must."""
    caught = diagnosed = 0
    with workers() as pool:
        for number, outcome in enumerate(pool.map(partial(kind.attempt, root), rows), 1):
            caught += outcome.caught
            diagnosed += outcome.caught and outcome.diagnosed
            if not (outcome.caught and outcome.diagnosed):
                wrong = "not diagnosed" if outcome.caught else kind.miss
                print(f"{wrong}: {outcome.name}\n    {visible(outcome.said)[:LONGEST]}", flush=True)
            if number % 50 == 0:                    # a sign of life
                print(f"{number} of {len(rows)}", flush=True)
    print(kind.summary.format(caught=caught, diagnosed=diagnosed, all=len(rows)), flush=True)
    return caught == diagnosed == len(rows)


def share_of(words: str) -> str:
    if words and not re.fullmatch(r"[1-9]\d*/[1-9]\d*", words):
        raise argparse.ArgumentTypeError(f"{words} is no share, as 1/4 is")
    return words


def main(arguments: List[str]) -> int:
    parser = argparse.ArgumentParser(prog="ringstep mutants")
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("text", nargs="?", default="", help="that a row's id and name contain")
    parser.add_argument("--share", type=share_of, default="", help="of the rows: 1/4")
    parser.add_argument("--seed", default="", help="which share: a commit's hash")
    parser.add_argument("--changed", default="",
                        help="a commit: the rows of what has changed since, beside the share")
    options = parser.parse_args(arguments)
    root = Path.cwd()
    return 0 if run(root, KINDS[options.kind], chosen(root, options)) else 1
