"""The eighteen exercises: each is named when it is reached unwritten, and each has
an effect that is seen at once when it is solved."""
import re
import subprocess
from pathlib import Path

import pytest

from ringstep.course import labs, skeleton
from ringstep.machine import qemu

ROOT = Path(__file__).parent.parent
IDS = [id for id, _, _ in labs.exercises(ROOT)]

# What is printed once the exercise is solved, all later ones still being unwritten.
EFFECTS = {
    "1.1": r"0x1b user code: present, DPL 3, 64-bit code",
    "1.2": r"CS 0x48 -> 0x8, SS 0x50 -> 0x10",
    "1.3": r"TR 0x28: busy 64-bit TSS, .* limit 0x67",
    "1.4": r"IDT entry 3, #BP: interrupt gate to 0x0008:0xffff8000",
    "1.5": r"int3 has returned, all registers intact",
    "1.6": r"#DF double fault, handled on the stack of IST 1",
    "2.1": r"(\d+) frames usable, \1 free",
    "2.2": r"level 1, index +\d+: 0x[0-9a-f]+ present, read-only, ring 0 only\n",
    "2.3": r"read through another\n +#PF: read from ring 0, page not present",
    "2.4": r"and the kernel still prints\n.*all frames are back",
    "2.5": r"#PF in the guard page of kernel stack 0",
    "2.6": r"#PF in the guard page of PID 1.*\n +700 more created and destroyed: (\d+) frames free, before there were \1\n",
    "3.1": r"IDT entry 0x80: interrupt gate to .* DPL 3, IST 0\n(?:.*\n)*PID 1 starts at .* RSP0 0xffff80000000",
    "3.2": r"PID 1: first system call, number 39, from CPL 3, CS 0x1b, SS 0x23",
    "3.3": r"PID 1 exits with status 1\n",
    "3.4": r"\[Ring 3 Test\] Hello from Ring 3!\n(?:.*\n)*.*= -EFAULT\n",
    "3.5": r"Loop\] still running: 1\n(?:.*\n)*PID 3 starts",
    "3.6": r"#GP in PID 3: .*\nNo process is left",
}
# Seen before the next exercise stops the kernel only with a program of its own.
PROGRAM = {"3.3": "exit_pid"}


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
    assert re.fullmatch(rf"Exercise {re.escape(id)}: \w+\(\) is yours to write \(labs/{path}:\d+\)", last)
    assert (record.end, record.status) == ("power-off", 2)
    line = int(re.search(r":(\d+)\)", last)[1])
    assert re.search(rf'todo\("{id}"\)|TODO\("{id}"', (ROOT / "labs" / path).read_text().split("\n")[line - 1])


@pytest.mark.parametrize("id", IDS)
def test_the_solved_exercise_shows_its_effect(id):
    record = boot(id.partition(".")[0], IDS[:IDS.index(id) + 1], PROGRAM.get(id, ""))
    assert re.search(EFFECTS[id], record.text), record.text


def test_skeletons_are_in_step_with_the_solutions():
    assert skeleton.check_all(ROOT) == ([], [])
