"""Nothing in ring 3 brings the kernel down, reads it, or hurts a neighbour."""
import os
import re
import signal
import subprocess
import time
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
    summaries, wrong = hostile.run_tables(ROOT, step=20)
    assert not wrong and len(summaries) == len(hostile.TABLES), wrong
    assert all(NONE in summary for summary in summaries), summaries


@pytest.mark.slow
def test_one_row_by_its_name():
    made = make("hostile", "ROW=a loop")
    one = f"1 programs, 0 malformed files: {NONE}"
    assert made.stdout == f"{one}\n{one} (lab 5, by syscall)\n" and made.returncode == 0
    made = make("hostile", "ROW=a l00p")
    assert made.stdout.startswith("ringstep: ROW=a l00p: no row of grading/hostile has this name\n")
    assert made.stdout.count("\n") == 2 and made.returncode != 0


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
    for lab in ("lab 4", "lab 5, by syscall", "lab 5, families and archives"):
        assert re.search(rf"^\d{{2,}} programs, .*: {NONE} \({lab}\)$", made.stdout, re.M)


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


def descendants(pid):
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            yield from (child, *descendants(child))


def test_an_interrupted_run_says_how_far_it_came_and_leaves_nothing():
    hostile.make(ROOT)
    run = subprocess.Popen(["make", "fuzz", "PROGRAMS=1000000"], cwd=ROOT, text=True,
                           start_new_session=True, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    running = []
    while not running:
        time.sleep(0.2)
        running = [pid for pid in descendants(run.pid)
                   if re.search("qemu|bochs", Path(f"/proc/{pid}/comm").read_text())]
    os.killpg(run.pid, signal.SIGINT)
    said = run.communicate()[0]
    assert re.search(r"^fuzz: \d+ of 1000000 programs were run, from seed 1 on$", said, re.M), said
    assert "Traceback" not in said and run.returncode != 0
    assert not [pid for pid in running if os.path.exists(f"/proc/{pid}")]


@pytest.mark.parametrize("words", ["x", "-1", "0", "1e3", "4294967296"])
def test_a_seed_is_a_number(words):
    with pytest.raises(CourseError, match=f"SEED={words}: that is no number"):
        hostile.number("SEED", words, 1)
