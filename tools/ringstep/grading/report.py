"""What a grading run says to people."""
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
SHOWN = 2           # failing tests of an exercise that are explained; the others are named
NOTES = 20
Told = Set[Tuple[str, str]]             # what was said of an earlier test of the exercise


class Progress:
    """One line that says what is being done, on a terminal only."""

    def __init__(self) -> None:
        self.live, self.count = sys.stderr.isatty(), 0

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
        if function and re.match(rf"(?:[\w*]+[ *]+)*{function}\s*[(:]", line):
            return f"labs/{grade.path}:{number}"
    return f"labs/{grade.path}"


def command_of(grader: Grader, result: Result) -> str:
    """How to boot the same kernel by hand: with what came from the solutions, too."""
    boot, name = result.test.boot, grader.submission.name
    first = min(lab.number for lab in grader.all_labs)
    words = ["make"]
    if name not in ("labs", "solutions"):
        words = [f"make open SUBMISSION={shlex.quote(name)} && make -C build/opened"]
    words.append(f"qemu-nox LAB={boot.lab}")
    if boot.test:
        words.append(f"TEST={boot.test}")
    solved = [*(["earlier"] if boot.lab > first else []), *result.solved]
    if solved:
        words.append("SOLVED=" + ",".join(solved))
    return one_line(" ".join(words))


def paragraph(label: str, text: str) -> None:
    width = WIDTH - INDENT
    lines = [part for line in visible(text).split("\n")
             for part in textwrap.wrap(line, width) or [""]]
    for name, line in zip([label, *[""] * len(lines)], lines):
        print(f"    {name:9} {line}")


def quoted(text: str, most: int = 300) -> str:
    return f'says "{text[:most]}{" …" if len(text) > most else ""}"'


def differences(result: Result) -> str:
    names = [name for name, f in result.findings.items() if f.verdict == result.verdict]
    verdicts = "; ".join(f"{name}: {f.verdict}" for name, f in result.findings.items())
    return f"{verdicts}. {CHECKS[names[0]]}"


def facts(grader: Grader, grade: Grade, result: Result) -> Iterator[Tuple[str, str]]:
    """What may be said of a test that does not pass: label and text."""
    finding = result.worst
    if finding.said not in finding.got:
        yield "kernel", quoted(finding.said)
    yield "cause", finding.cause
    if result.differs and finding.verdict != TIMEOUT:
        yield "differs", differences(result)
    bochs = result.findings.get("bochs")
    if bochs and bochs.reason:
        yield "Bochs", quoted(bochs.reason)
    yield "look at", place_of(grader, grade, result.test.source)
    yield "try", command_of(grader, result)
    yield "read", f"handouts/lab{grade.lab}.md, Exercise {grade.id}"


def explain(grader: Grader, grade: Grade, result: Result, told: Optional[Told] = None) -> None:
    """Everything that a student needs about one test that does not pass, without what was
    told before."""
    told, finding = set() if told is None else told, result.worst
    names = [name for name, f in result.findings.items() if f.verdict == result.verdict]
    print(f"\n  {grade.id}  {result.test.name}: {result.verdict} on {' and '.join(names)}")
    if finding.verdict == GRADER_ERROR:
        paragraph("broken", f"{finding.got}; this is not the submission's fault, "
                            "and was not graded")
        return
    if finding.verdict != TODO:
        paragraph("expected", finding.expected)
        paragraph("machine", finding.got)
    for label, text in facts(grader, grade, result):
        if not text or (label, text) in told and label != "differs":
            continue
        told.add((label, text))
        if label == "try":                      # on one line: it is to be copied
            print(f"    {label:9} {text}")
        else:
            paragraph(label, text)


def only_alone(grader: Grader, grade: Grade) -> bool:
    """Whether an exercise passes, but not beside the others of its lab, which pass, too:
    who is to blame is not known then."""
    return grade.together is not None and all(
        each.verdict == PASS for each in grader.exercises.values() if each.lab == grade.lab)


def explain_file(grade: Grade) -> None:
    """Why there is nothing to boot."""
    if grade.compiler:
        print(f"\n  {grade.id}  does not compile")
        paragraph("compiler", trim(grade.compiler))
    if grade.refused:
        print(f"\n  {grade.id}  is refused")
        paragraph("because", grade.refused)
    if grade.compiler or grade.refused:
        paragraph("look at", f"labs/{grade.path}")


def explain_exercise(grader: Grader, grade: Grade) -> None:
    """The first tests that do not pass, and how many more."""
    explain_file(grade)
    if grade.together and only_alone(grader, grade):
        print(f"\n  {grade.id}  passes with the other exercises solved, but not beside yours")
        paragraph("expected", grade.together.worst.expected)
        paragraph("machine", grade.together.worst.got)
        paragraph("so", "one of your other exercises has a mistake that no test of its own sees")
    failed = [r for r in grade.results if r.verdict not in (PASS, NOT_RUN)]
    shown, told = 1 if grade.verdict == TODO else SHOWN, set()  # type: int, Told
    for result in failed[:shown]:
        explain(grader, grade, result, told)
    more = [r.test.name for r in failed[shown:]]
    if more and grade.verdict != TODO:
        paragraph("and", f"{len(more)} more of its tests: {', '.join(more)} "
                         f"(see them with ONLY={more[0]})")
    explain_unseen(grade, failed)


def explain_unseen(grade: Grade, failed: List[Result]) -> None:
    """The tests that were not run, and why."""
    unseen = [r for r in grade.results if r.verdict == NOT_RUN]
    names = ", ".join(r.test.name for r in unseen)
    waits = sorted({f.waits_for for r in unseen for f in r.findings.values() if f.waits_for})
    if waits:
        if not failed:
            print(f"\n  {grade.id}  nothing is wrong so far")
        paragraph("not run", f"{names}: the kernel comes no further than exercise "
                  f"{' and '.join(waits)}, which is not written or not right yet, "
                  "and there is no solution here to take its place")
    elif unseen and failed:
        paragraph("not run", f"{names}: the same boot did not come that far")


def lab_rows(grader: Grader, grades: List[Grade]) -> None:
    for grade in grades:
        passed = sum(r.verdict == PASS for r in grade.results)
        tests = f"{passed} of {len(grade.results)} tests" if grade.results else ""
        print(f"  {grade.id}  {Path(grade.path).name:24} {grade.verdict:13}"
              f"{grade.score:3}/{grade.points:<3}  {tests}")
    for grade in grades:
        explain_exercise(grader, grade)


def table(grader: Grader) -> None:
    """The whole report on the terminal."""
    scores = []
    notes = grader.submission.notes
    for note in notes[:NOTES] + [f"… and {len(notes) - NOTES} more"][:len(notes) > NOTES]:
        print(one_line(note))
    for lab in grader.labs:
        grades = [grade for grade in grader.exercises.values() if grade.lab == lab]
        if not grades:
            continue
        print(f"\nLab {lab}")
        lab_rows(grader, grades)
        alone = any(only_alone(grader, grade) for grade in grades)
        but = "   but they do not work together: see above" if alone else ""
        score, points = sum(g.score for g in grades), sum(g.points for g in grades)
        scores.append((score, points, f"Lab {lab} Score: {score}/{points}{but}"))
    between = "\n" if sandbox.kind() == "none" else "; "        # that is no remark by the way
    print(f"\n{grader.boots} boots in {grader.seconds:.1f} s{between}{sandbox.describe()}")
    print(*(line for _, _, line in scores), sep="\n")
    if len(scores) > 1:
        print(f"Total Score: {sum(s for s, _, _ in scores)}/{sum(p for _, p, _ in scores)}")
