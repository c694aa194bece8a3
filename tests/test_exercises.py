"""The exercises: each is named when it is reached unwritten, and each has
an effect that is seen at once when it is solved."""
import re
import subprocess
from pathlib import Path

import pytest

from ringstep.course import labs, skeleton
from ringstep.machine import qemu

ROOT = Path(__file__).parent.parent
IDS = [id for id, _, _ in labs.exercises(ROOT)]

ROW = re.compile(r"^([\d.]+) +(?:TEST=(\S+) +)?(.*)$", re.M)


def effects(id):
    """(test program, what is printed), as the lab's effects.txt has it."""
    text = (ROOT / f"grading/lab{labs.lab_of(id)}/effects.txt").read_text("utf-8")
    rows = {row[1]: (row[2] or "", row[3]) for row in ROW.finditer(text)}
    assert id in rows, f"grading/lab{labs.lab_of(id)}/effects.txt does not say what {id} prints"
    return rows[id]


def boot(lab, solved, test=""):
    made = subprocess.run(["make", f"LAB={lab}", f"SOLVED={','.join(solved)}", f"TEST={test}"],
                          cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
    image = re.search(r"(\S+ringstep\.img)", made)[1]
    return qemu.boot(ROOT / image, str(ROOT / image.replace("ringstep.img", "kernel.elf")))


@pytest.mark.parametrize("id", IDS)
def test_the_unwritten_exercise_is_named(id):
    path = next(path for i, _, path in labs.exercises(ROOT) if i == id)
    record = boot(id.partition(".")[0], IDS[:IDS.index(id)])
    last = record.text.strip().split("\n")[-1]
    assert re.fullmatch(
        rf"Exercise {re.escape(id)}: \w+\(\) is yours to write \(labs/{path}:\d+\)", last)
    assert (record.end, record.status) == ("power-off", 2)
    line = int(re.search(r":(\d+)\)", last)[1])
    assert re.search(rf'todo\("{id}"\)|TODO\("{id}"',
                     (ROOT / "labs" / path).read_text().split("\n")[line - 1])


@pytest.mark.parametrize("id", IDS)
def test_the_solved_exercise_shows_its_effect(id):
    program, printed = effects(id)
    record = boot(id.partition(".")[0], IDS[:IDS.index(id) + 1], program)
    assert re.search(printed, record.text), record.text


def test_skeletons_are_in_step_with_the_solutions():
    assert skeleton.check_all(ROOT) == ([], [])
