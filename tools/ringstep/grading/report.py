"""What a grading run says to people."""
import os
import re
import shlex
import sys
import textwrap
from pathlib import Path
from typing import Iterator, List, Optional, Set, Tuple

from ringstep.grading.grade import Grader
from ringstep.grading.text import one_line, visible
from ringstep.grading.verdict import (CHECKS, GRADER_ERROR, NOT_RUN, PASS, TIMEOUT, TODO, Grade,
                                      Result, trim)
from ringstep.machine import sandbox

WIDTH, INDENT = 96, 14
QUOTED = 300        # characters of what the kernel said
SHOWN = 2           # failing tests of an exercise that are explained; the others are named
NOTES = 20
AGAIN = ("expected", "machine", "differs")      # what is said of each test, if it was said before
Told = Tuple[str, str]


class Progress:
    """One line that says what is being done, on a terminal only."""

    def __init__(self) -> None:
        self.live, self.count = sys.stderr.isatty() and os.environ.get("TERM") != "dumb", 0

    def __call__(self, text: str) -> None:
        self.count += 1
        if self.live:
            print(f"\r\033[K{self.count} boots, last: {text[:60]}", end="", file=sys.stderr,
                  flush=True)

    def done(self) -> None:
        if self.live:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def place_of(grader: Grader, grade: Grade, function: Optional[str]) -> str:
    """"labs/…/gdt_load.S:25": where the function under test is, in the student's file."""
    data = grader.submission.files.get(grade.path, b"").decode("utf-8", "replace")
    for number, line in enumerate(data.split("\n"), 1):
        if function and re.match(rf"\w[\w *]*\b{function} *[(:]|{function} *:", line):
            return f"labs/{grade.path}:{number}"
    return f"labs/{grade.path}"


def command_of(grader: Grader, result: Result) -> str:
    """How to boot the same kernel by hand: with what came from the solutions, too."""
    boot, name = result.test.boot, grader.submission.name
    earlier = ["earlier"] if boot.lab > min(lab.number for lab in grader.all_labs) else []
    words, theirs = ["make"], grader.submission.theirs
    if name not in ("labs", "solutions") and not theirs:
        words = [f"make open SUBMISSION={shlex.quote(name)} && make -C build/opened"]
    words.append(f"qemu-nox LAB={boot.lab}")
    if boot.test:
        words.append(f"TEST={boot.test}")
    solved = [*earlier, *(() if theirs else result.solved)]
    if solved:
        words.append("SOLVED=" + ",".join(solved))
    return one_line(" ".join(words))


def paragraph(label: str, text: str) -> Iterator[str]:
    lines = [part for line in visible(text).split("\n")
             for part in textwrap.wrap(line, WIDTH - INDENT) or [""]]
    for line in lines:
        yield f"    {label:9} {line}"
        label = ""


def facts(grader: Grader, grade: Grade, result: Result) -> Iterator[Told]:
    """What may be said of a test that does not pass: label and text."""
    finding, names = result.worst, result.names
    if finding.verdict != TODO:
        yield "expected", finding.expected
        yield "machine", finding.got
    if finding.said not in finding.got:
        more = " …" if len(finding.said) > QUOTED else ""
        yield "kernel", f'says "{finding.said[:QUOTED]}{more}"'
    yield "cause", finding.cause
    if result.differs and finding.verdict != TIMEOUT:
        verdicts = "; ".join(f"{name}: {each.verdict}" for name, each in result.findings.items())
        yield "differs", f"{verdicts}. {CHECKS[names[0]]}"
    reason = result.findings["bochs"].reason if "bochs" in result.findings else ""
    yield "Bochs", reason and f'says "{reason}"'
    yield "look at", place_of(grader, grade, result.test.source)
    yield "try", command_of(grader, result)
    yield "read", f"handouts/lab{grade.lab}.md, Exercise {grade.id}"


def explain(grader: Grader, grade: Grade, result: Result, told: Set[Told]) -> Iterator[str]:
    """Everything that a student needs about one test that does not pass, without what was
    told before."""
    yield f"\n  {grade.id}  {result.test.name}: {result.verdict} on {' and '.join(result.names)}"
    if result.verdict == GRADER_ERROR:
        yield from paragraph("broken", f"{result.worst.got}; this is not the submission's fault, "
                                       "and was not graded")
        return
    for label, text in facts(grader, grade, result):
        if not text or (label, text) in told and label not in AGAIN:
            continue
        told.add((label, text))
        if label == "try":                      # on one line: it is to be copied
            yield f"    {label:9} {text}"
        else:
            yield from paragraph(label, text)


def only_alone(grader: Grader, grade: Grade) -> bool:
    """Whether an exercise passes, but not beside the others of its lab, which pass, too:
    who is to blame is not known then."""
    return grade.together is not None and all(
        each.verdict == PASS for each in grader.exercises.values() if each.lab == grade.lab)


def warnings(grader: Grader) -> List[str]:
    """What is to be said beside the score, in a word."""
    alone = [grade.id for grade in grader.exercises.values() if only_alone(grader, grade)]
    changed = sum("given file that was changed" in note for note in grader.submission.notes)
    return [*([f"not beside the others: {' '.join(alone)}"] if alone else []),
            *([f"{changed} given files were changed"] if changed else []),
            *(f"{path.rpartition('/')[2]} was called {name}"
              for path, name in grader.submission.near.items())]


def explain_file(grade: Grade) -> Iterator[str]:
    """Why there is nothing to boot."""
    for what, label, text in (("does not compile", "compiler", trim(grade.compiler)),
                              ("is refused", "because", grade.refused)):
        if text:
            yield f"\n  {grade.id}  {what}"
            yield from paragraph(label, text)
            yield from paragraph("look at", f"labs/{grade.path}")


def explain_exercise(grader: Grader, grade: Grade) -> Iterator[str]:
    """The first tests that do not pass, and how many more."""
    yield from explain_file(grade)
    if grade.together and only_alone(grader, grade):
        yield f"\n  {grade.id}  passes with the other exercises solved, but not beside yours"
        yield from paragraph("expected", grade.together.worst.expected)
        yield from paragraph("machine", grade.together.worst.got)
        yield from paragraph("so", "one of your other exercises has a mistake that no test of "
                                   "its own sees")
    failed = [r for r in grade.results if r.verdict not in (PASS, NOT_RUN)]
    shown, told = 1 if grade.verdict == TODO else SHOWN, set()  # type: int, Set[Told]
    for result in failed[:shown]:
        yield from explain(grader, grade, result, told)
    more = [r.test.name for r in failed[shown:]]
    if more and grade.verdict != TODO:
        yield from paragraph("and", f"{len(more)} more of its tests: {', '.join(more)} "
                                    f"(see them with ONLY={more[0]})")
    unseen = [r for r in grade.results if r.verdict == NOT_RUN]
    names = ", ".join(r.test.name for r in unseen)
    waits = sorted({f.waits_for for r in unseen for f in r.findings.values() if f.waits_for})
    if waits:
        if not failed:
            yield f"\n  {grade.id}  nothing is wrong so far" if grade.verdict != PASS else \
                f"\n  {grade.id}  right so far; what comes later tests it once more"
        yield from paragraph("not run", f"{names}: the kernel comes no further than exercise "
                             f"{' and '.join(waits)}, which is not written or not right yet, "
                             "and there is no solution here to take its place")
    elif unseen and failed:
        yield from paragraph("not run", f"{names}: the same boot did not come that far")


def explain_lab(grader: Grader, grades: List[Grade]) -> Iterator[str]:
    for grade in grades:
        passed = sum(r.verdict == PASS for r in grade.results)
        tests = f"{passed} of {len(grade.results)} tests" if grade.results else ""
        said = grade.missing if grade.verdict == TODO and grade.missing else grade.verdict
        yield (f"  {grade.id}  {Path(grade.path).name:24} {said:13}"
               f"{grade.score:3}/{grade.points:<3}  {tests}")
    for grade in grades:
        yield from explain_exercise(grader, grade)


def table(grader: Grader) -> Iterator[str]:
    """The whole report, as lines."""
    scores, notes = [], grader.submission.notes
    yield from map(one_line, notes[:NOTES])
    if len(notes) > NOTES:
        yield f"… and {len(notes) - NOTES} more"
    for lab in grader.labs:
        grades = [grade for grade in grader.exercises.values() if grade.lab == lab]
        if not grades:
            continue
        yield f"\nLab {lab}"
        yield from explain_lab(grader, grades)
        alone = any(only_alone(grader, grade) for grade in grades)
        but = "   but they do not work together: see above" if alone else ""
        scores.append(f"Lab {lab} Score: {sum(grade.score for grade in grades)}/"
                      f"{sum(grade.points for grade in grades)}{but}")
    between = "\n" if sandbox.kind() == "none" else "; "        # that is no remark by the way
    yield f"\n{grader.boots} boots in {grader.seconds:.1f} s{between}{sandbox.describe()}"
    yield from scores
    if len(scores) > 1:
        yield f"Total Score: {grader.score}/{grader.points}"
