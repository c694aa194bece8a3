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


def effect(id):
    """(test kernel, what is printed), as the lab's exercises.txt has it."""
    text = (ROOT / f"grading/lab{labs.lab_of(id)}/exercises.txt").read_text("utf-8")
    row = re.search(rf"^{re.escape(id)} +\d+ +\S+ +(?:TEST=(\S+) +)?(.+)$", text, re.M)
    assert row, f"grading/lab{labs.lab_of(id)}/exercises.txt does not say what {id} prints"
    return row[1] or "", row[2]


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
        rf"Exercise {re.escape(id)}: \w+\(\) is yours to write \(labs/{path}:\d+\)", last), \
        f"exercise {id} is not reached where the earlier ones are solved: {last}"
    assert (record.end, record.status) == ("power-off", 2)
    line = int(re.search(r":(\d+)\)", last)[1])
    assert re.search(rf'todo\("{id}"\)|TODO\("{id}"',
                     (ROOT / "labs" / path).read_text().split("\n")[line - 1])


@pytest.mark.parametrize("id", IDS)
def test_the_solved_exercise_shows_its_effect(id):
    program, printed = effect(id)
    record = boot(id.partition(".")[0], IDS[:IDS.index(id) + 1], program)
    assert re.search(printed, record.text, re.DOTALL), record.text


def test_skeletons_are_in_step_with_the_solutions():
    assert skeleton.check_all(ROOT) == ([], [])
