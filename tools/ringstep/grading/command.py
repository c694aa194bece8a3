"""`make grade`: what is to be graded, by the words on the command line, and the exit status."""
import argparse
import sys
from pathlib import Path

from ringstep.course.labs import exercises, lab_of
from ringstep.grading import report
from ringstep.grading.grade import Grader, load_tests
from ringstep.grading.submission import SubmissionError, collect
from ringstep.grading.verdict import GRADER_ERROR, PASS


def points_notes(root, labs, tests):
    """What whoever changed points.txt should know."""
    for lab in labs:
        mine = [e for e in exercises(root) if e.lab == lab]
        if sum(e.points for e in mine) != 100:
            yield f"points.txt: lab {lab} adds up to {sum(e.points for e in mine)}, not 100"
        for id in {e.id for e in mine} - {t.exercise for t in tests}:
            yield f"points.txt: exercise {id} has no test, and is left out"


def main(arguments):
    parser = argparse.ArgumentParser(prog="ringstep grade", description="Grade a submission, or the tree's own labs.")
    for name, what in (("lab", "its number; all of them without"), ("submission", "a folder or an archive"),
                       ("report", "a folder for the report's files"), ("only", "exercises or tests, with commas")):
        parser.add_argument(f"--{name}", default="", help=what)
    options = parser.parse_args(arguments)
    root, only = Path.cwd(), options.only or None
    every = sorted({e.lab for e in exercises(root)})
    labs = [lab for lab in every if options.lab in ("", str(lab))]
    try:
        if not labs:
            raise SubmissionError(f"--lab {options.lab}: there is no such lab, only {' '.join(map(str, every))}")
        known = load_tests(root, every)
        names = {name for t in known for name in (t.exercise, t.name)}
        for name in only.split(",") if only else ():
            if name not in names:
                ids = " ".join(sorted({t.exercise for t in known}))
                raise SubmissionError(f"ONLY={name}: there is no such exercise or test, only {ids}")
        if only:
            labs = sorted({lab_of(t.exercise) for t in known
                           if {t.exercise, t.name} & set(only.split(","))})
        submission = collect(root, options.submission or None, labs)
        submission.notes += [] if only else points_notes(root, labs, known)
        if options.report:
            report.can_write(Path(options.report))
    except SubmissionError as error:
        print(error, file=sys.stderr)
        return 2
    progress = report.Progress()
    grader = Grader(root, submission, labs, only, progress=progress)
    grader.run()
    progress.done()
    report.table(grader)
    if options.report:
        report.write_all(grader, Path(options.report))
    verdicts = {e.verdict for e in grader.exercises.values()}
    return 2 if GRADER_ERROR in verdicts else 0 if verdicts == {PASS} else 1
