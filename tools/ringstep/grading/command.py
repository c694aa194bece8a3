"""`make grade`: what is to be graded, by the words on the command line, and the exit status."""
import argparse
import os
import re
import sys
from pathlib import Path
from typing import Collection, Iterator, List, Optional, Sequence

from ringstep.course.labs import by_number, exercises, lab_of, labs
from ringstep.grading import report, report_files
from ringstep.grading.grade import Grader
from ringstep.grading.registry import Test, load_tests
from ringstep.grading.submission import Submission, SubmissionError, collect
from ringstep.grading.verdict import GRADER_ERROR, PASS
from ringstep.machine.record import MachineError

POINTS = 100                # of a lab
OPTIONS = (("lab", "its number; all of them without"), ("submission", "a folder or an archive"),
           ("report", "a folder for the report's files"),
           ("only", "exercises or tests, with commas"))
COMPILER = re.compile(r"(?:^|\s)((?:CC|OPT|LD|OBJCOPY|CROSS_COMPILE)=\S*)")


def parsed(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ringstep grade",
                                     description="Grade a submission, or the tree's own labs.")
    for name, what in OPTIONS:
        parser.add_argument(f"--{name}", default="", help=what)
    return parser.parse_args(arguments)


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


def chosen_labs(root: Path, lab: str) -> List[int]:
    every = [each.number for each in labs(root)]
    chosen = [number for number in every if lab in ("", str(number))]
    if not chosen:
        raise SubmissionError(f"--lab {lab}: there is no such lab, only "
                              f"{' '.join(map(str, every))}")
    return chosen


def labs_with(only: str, tests: Sequence[Test]) -> List[int]:
    """The labs that ONLY= is about."""
    names = set(only.split(","))
    unknown = names - {name for test in tests for name in (test.exercise, test.name)}
    if unknown:
        ids = sorted({test.exercise for test in tests}, key=by_number)
        raise SubmissionError(f"ONLY={min(unknown)}: there is no such exercise or test, only "
                              f"{' '.join(ids)}")
    return sorted({lab_of(test.exercise) for test in tests if {test.exercise, test.name} & names})


def refuse_other_compilers() -> None:
    """make hands its variables on: another compiler would be used for the half of it."""
    match = COMPILER.search(os.environ.get("MAKEFLAGS", ""))
    if match:
        raise SubmissionError(f"{match[1]}: grading is done with gcc and the course's own flags")


def grader_for(root: Path, options: argparse.Namespace, progress: report.Progress) -> Grader:
    refuse_other_compilers()
    numbers = chosen_labs(root, options.lab)
    only: Optional[str] = options.only or None
    tests = load_tests(root, [lab.number for lab in labs(root)])
    if only:
        numbers = labs_with(only, tests)
    submission: Submission = collect(root, options.submission or None, numbers)
    if not only:
        submission.notes += points_notes(root, numbers, tests)
    if options.report:
        report_files.can_write(Path(options.report))
    return Grader(root, submission, numbers, only, progress=progress)


def main(arguments: List[str]) -> int:
    options, progress = parsed(arguments), report.Progress()
    try:
        grader = grader_for(Path.cwd(), options, progress)
    except SubmissionError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        grader.run()
    except (MachineError, OSError) as error:    # no tool, no room: nothing was graded
        print(f"{GRADER_ERROR}: {error}; this is not the submission's fault", file=sys.stderr)
        return 2
    progress.done()
    report.table(grader)
    if options.report:
        report_files.write_all(grader, Path(options.report))
    verdicts = {grade.verdict for grade in grader.exercises.values()}
    return 2 if GRADER_ERROR in verdicts else 0 if verdicts == {PASS} else 1
