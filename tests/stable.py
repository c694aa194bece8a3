"""make check-stable: what the grader records must not depend on how busy the machine is."""
import json
import subprocess
from contextlib import contextmanager
from pathlib import Path

import pytest

from ringstep.course.labs import exercises, lab_of
from ringstep.grading import mutants
from ringstep.grading.grade import Grader
from ringstep.grading.report_files import record
from ringstep.grading.submission import Submission

ROOT = Path(__file__).parent.parent
ROUNDS = 20
SAMPLE = 6          # wrong kernels, beside the solutions
LOOPS = 8
PATHS = {exercise.id: exercise.path for exercise in exercises(ROOT)}
WRONG = mutants.table(ROOT, "wrong")


@contextmanager
def busy(loops):
    """So many endless loops beside us."""
    spinning = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(loops)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


def same(files, labs):
    """Grade one thing again and again, half of the time beside busy loops."""
    seen = set()
    for number in range(ROUNDS):
        grader = Grader(ROOT, Submission("stable", files), labs, seed="stable")
        with busy(LOOPS if number % 2 else 0):
            grader.run()
        seen.add(json.dumps(record(grader), sort_keys=True, indent=1))
    assert len(seen) == 1, "\n".join(sorted(seen)[:2])


def test_the_solutions_get_the_same_grade_each_time():
    files = {path: mutants.solution(ROOT, path).encode() for path in PATHS.values()}
    same(files, sorted({lab_of(id) for id in PATHS}))


@pytest.mark.parametrize("row", WRONG[::len(WRONG) // SAMPLE],
                         ids=lambda row: f"{row.exercise} {row.what}")
def test_a_wrong_kernel_gets_the_same_grade_each_time(row):
    path = PATHS[row.exercise]
    wrong = mutants.changed(mutants.solution(ROOT, path), row.find, row.put, row.what)
    same({path: wrong}, [lab_of(row.exercise)])
