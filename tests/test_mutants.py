"""Which rows of the tables are tried, and whose mistake it is that a test breaks off."""
import subprocess
from argparse import Namespace
from pathlib import Path

import pytest

from ringstep.course import labs
from ringstep.grading import judge, mutants, registry, rows
from ringstep.grading.verdict import FAIL, GRADER_ERROR

ROOT = Path(__file__).parent.parent


def options(**more):
    words = {"kind": "quick", "text": "", "share": "", "seed": "", "changed": ""}
    return Namespace(**{**words, **more})


def test_the_shares_of_all_seeds_are_of_a_size_and_cover_all():
    rows = mutants.chosen(ROOT, options())
    shares = [mutants.chosen(ROOT, options(share="1/4", seed=str(seed))) for seed in range(40)]
    assert all(len(rows) / 8 < len(share) < len(rows) / 2 for share in shares)
    assert set().union(*map(set, shares)) == set(rows)
    assert shares[0] == mutants.chosen(ROOT, options(share="1/4", seed="0")) != shares[1]
    assert mutants.chosen(ROOT, options(share="1/1")) == rows


def git(tree, *words):
    identity = ["-c", "user.name=x", "-c", "user.email=x"]
    subprocess.run(["git", *identity, *words], cwd=tree, check=True, stdout=subprocess.DEVNULL)


@pytest.mark.parametrize("file, ids", [
    ("solutions/lab1-a/exercises/one.c", {"1.1"}),
    ("labs/lab1-a/kernel/given.c", {"1.1", "1.2"}),
    ("grading/lab2/tests.py", {"2.10"}),
    ("grading/mutants/wrong_lab2_ten.py", {"2.10"}),
    ("tools/build.mk", set()),
])
def test_a_change_chooses_the_rows_that_it_touches(tmp_path, file, ids):
    for lab, points in (("lab1-a", "1.1 50 one.c\n1.2 50 two.c\n"), ("lab2-b", "2.10 100 ten.c\n")):
        (tmp_path / "labs" / lab).mkdir(parents=True)
        (tmp_path / "grading" / lab[:4]).mkdir(parents=True)
        (tmp_path / "grading" / lab[:4] / "exercises.txt").write_text(points)
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text("before")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-q", "-m", "base")
    assert mutants.touched(tmp_path, "HEAD") == set()
    (tmp_path / file).write_text("after")
    assert mutants.touched(tmp_path, "HEAD") == ids


def test_rows_have_names_of_their_own():
    for table in ("wrong", "cheats", "right"):
        names = [(row.exercise, row.what) for row in mutants.table(ROOT, table)]
        assert len(set(names)) == len(names)


class Solved:
    """Where the solutions pass: nothing is asked of it."""
    emulator = "qemu"
    space = type("Space", (), {"has_solutions": staticmethod(lambda lab: False)})


@pytest.mark.parametrize("error, verdict", [
    (LookupError("physical address 0x1 is outside of memory"), FAIL),
    (TypeError("a test's own"), GRADER_ERROR),
    (ZeroDivisionError("a test's own"), GRADER_ERROR),
])
def test_what_is_not_known_to_come_of_a_kernel_is_charged_to_nobody(error, verdict):
    def breaks(run):
        raise error
    broken = registry.Test("broken", "1.1", registry.Boot(1), breaks, "It holds.", None)
    finding = judge.Judge(Solved(), []).asked(broken, Solved())
    assert finding.verdict == verdict and type(error).__name__ in finding.got


def test_the_first_screen_names_each_mistake_of_labs_1_to_3():
    """But of those that a boot cannot see: of memory that lab 2's leaves alone, and of what QEMU
    forgets by itself."""
    unseen = {row.what for row in mutants.table(ROOT, "wrong")
              if labs.lab_of(row.exercise) <= 3 and not row.shows}
    assert unseen == {"no memory above 16 MiB", "the TLB told of the entry"}


def test_a_wrong_cause_is_no_diagnosis():
    row = rows.Wrong("1.5", "", "", "", "", "", shows="too low", never=("backtrace()",))
    assert mutants.says(row, "too low", "8 bytes too low read: handouts/lab1.md#exercise-15-trap")
    for said in ("too high", "too low, in backtrace()", "too low: Exercise 1.4 is wrong",
                 "too low read: handouts/lab1.md#exercise-16-trap_use_stack"):
        assert not mutants.says(row, "too low", said)
