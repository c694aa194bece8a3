"""Nothing in ring 3 brings the kernel down, reads it, or hurts a neighbour."""
import re
import subprocess
from pathlib import Path

import pytest

from grading.hostile.attacks import ATTACKS
from ringstep.course.labs import CourseError
from ringstep.grading import hostile

ROOT = Path(__file__).parent.parent
NONE = "0 kernel deaths, 0 leaks, 0 frames lost, on two emulators"


def make(*arguments):
    return subprocess.run(["make", *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_a_share_of_the_hostile_programs():
    summary, wrong = hostile.hostile(ROOT, 3)
    assert not wrong and summary.endswith(NONE), (summary, wrong)
    summary, wrong = hostile.hostile(ROOT, 3, *hostile.FAMILIES)
    assert not wrong and summary.endswith(NONE), (summary, wrong)


def test_how_many_there_are():
    rows = hostile.rows_of(hostile.make(ROOT))
    files = [row for row in rows if row.kind == hostile.FILE]
    assert len(files) >= 60 and len(rows) - len(files) >= 150
    assert len({row.name for row in rows}) == len(rows)


@pytest.mark.slow
def test_all_hostile_programs():
    made = make("hostile")
    assert made.returncode == 0, made.stdout
    assert re.search(rf"^\d{{3,}} programs, \d{{2,}} malformed files: {NONE}$", made.stdout, re.M)
    assert re.search(rf"^1\d programs, .*: {NONE} \(lab 4\)$", made.stdout, re.M)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.title)
def test_each_weak_kernel_is_made_of_ours(attack):
    for file, find, put in attack.weak:
        assert (ROOT / file).read_text("utf-8").count(find) == 1, f"{file}: {find}"


@pytest.mark.slow
def test_each_attack_succeeds_without_its_defence():
    made = make("demo-attacks")
    parts = made.stdout.strip().split("\n\n")
    assert made.returncode == 0 and len(parts) == 5, made.stdout
    for part in parts:
        lines = part.split("\n")[1:]
        left, right = ("\n".join(line[side] for line in lines)
                       for side in (slice(50), slice(50, None)))
        assert "=>" in left and "ended as it must" not in left, part
        assert "ended as it must" in right, part


@pytest.mark.slow
def test_random_programs():
    assert hostile.fuzz(ROOT, 20250101, 2000) == []


@pytest.mark.parametrize("words", ["x", "-1", "0", "1e3", "4294967296"])
def test_a_seed_is_a_number(words):
    with pytest.raises(CourseError, match=f"SEED={words}: that is no number"):
        hostile.number("SEED", words, 1)
