"""`make grade`: what is to be graded, by the words on the command line, and the exit status."""
import argparse
import os
import re
import sys
from pathlib import Path
from typing import Collection, Iterator, List, Optional, Sequence

from ringstep.course.labs import CourseError, by_number, exercises, lab_of, labs, labs_named
from ringstep.grading import report, report_files
from ringstep.grading.grade import Grader
from ringstep.grading.registry import Test, load_tests
from ringstep.grading.scratch import scratch
from ringstep.grading.submission import collect
from ringstep.grading.verdict import GRADER_ERROR, PASS
from ringstep.machine.record import MachineError

POINTS = 100                # of a lab
COMPILER = re.compile(r"(?:^|\s)((?:CC|OPT|LD|OBJCOPY|CROSS_COMPILE)=\S*)")


def points_notes(root: Path, numbers: Collection[int], tests: Sequence[Test]) -> Iterator[str]:
    """What whoever changed exercises.txt should know."""
    tested = {test.exercise for test in tests}
    for number in numbers:
        mine = [exercise for exercise in exercises(root) if exercise.lab == number]
        total = sum(exercise.points for exercise in mine)
        if total != POINTS:
            yield f"exercises.txt: lab {number} adds up to {total}, not {POINTS}"
        for exercise in mine:
            if exercise.id not in tested:
                yield f"exercises.txt: exercise {exercise.id} has no test, and is left out"


def labs_with(only: str, tests: Sequence[Test]) -> List[int]:
    """The labs that ONLY= is about."""
    names = set(only.split(","))
    unknown = names - {name for test in tests for name in (test.exercise, test.name)}
    if unknown:
        ids = sorted({test.exercise for test in tests}, key=by_number)
        raise CourseError(f"ONLY={min(unknown)}: there is no such exercise or test, only "
                          f"{' '.join(ids)}")
    return sorted({lab_of(test.exercise) for test in tests if {test.exercise, test.name} & names})


def refuse_other_compilers() -> None:
    """make hands its variables on: another compiler would be used for the half of it."""
    match = COMPILER.search(os.environ.get("MAKEFLAGS", ""))
    if match:
        raise CourseError(f"{match[1]}: grading is done with gcc and the course's own flags")


def grader_for(root: Path, options: argparse.Namespace, progress: report.Progress) -> Grader:
    refuse_other_compilers()
    numbers = [lab.number for lab in labs_named(root, options.lab)]
    only: Optional[str] = options.only or None
    tests = load_tests(root, [lab.number for lab in labs(root)])
    if only:
        numbers = labs_with(only, tests)
    submission = collect(root, options.submission, numbers)
    if not only:
        submission.notes += points_notes(root, numbers, tests)
    if options.report:
        report_files.can_write(Path(options.report))
    return Grader(root, submission, numbers, only, progress=progress)


def main(arguments: List[str]) -> int:
    parser, progress = argparse.ArgumentParser(prog="ringstep grade"), report.Progress()
    for name in ("lab", "submission", "report", "only"):
        parser.add_argument(f"--{name}", default="")
    options = parser.parse_args(arguments)
    grader = grader_for(Path.cwd(), options, progress)
    try:
        with scratch():
            verdicts = {grade.verdict for grade in grader.run().values()}
    except (MachineError, OSError) as error:    # no tool, no room: nothing was graded
        print(f"{GRADER_ERROR}: {error}; this is not the submission's fault", file=sys.stderr)
        return 2
    progress.done()
    print(*report.table(grader), sep="\n")
    if options.report:
        report_files.write_all(grader, Path(options.report))
    return 2 if GRADER_ERROR in verdicts else 0 if verdicts == {PASS} else 1
