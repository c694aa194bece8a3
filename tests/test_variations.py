"""What handouts/instructors.md offers to change for the next year: the solutions keep their
marks with it, and the pages can be made anew."""
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYOUT = "labs/lab1-boot/include/memory_layout.h"
GDT = "labs/lab1-boot/include/gdt.h"
VARIATIONS = {                  # header, {name: another value}
    "vector": ("labs/lab3-ring3/include/syscall_numbers.h", {"SYSCALL_VECTOR": "0x81"}),
    "kernel stacks": (LAYOUT, {"KERNEL_STACK_SIZE": "0x8000"}),
    "user stacks": (LAYOUT, {"USER_STACK_SIZE": "0x20000"}),
    "selectors": (GDT, {"SELECTOR_USER_CODE": "0x23", "SELECTOR_USER_DATA": "0x1B"}),
    "program base": (LAYOUT, {"USER_PROGRAM_BASE": "0x0000000000800000"}),
    "slices": ("labs/lab3-ring3/include/schedule.h", {"SLICES_MAX": "12"}),
    "timer": ("labs/lab3-ring3/include/timer.h", {"TIMER_HZ": "25"}),
}

pytestmark = pytest.mark.slow


def course(tree):
    """The course as git sees it."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    return tree


def vary(tree, header, values):
    text = (tree / header).read_text("utf-8")
    for name, value in values.items():
        text, count = re.subn(rf"(#define {name} +)\S+", rf"\g<1>{value}", text)
        assert count == 1, f"{header} does not define {name}"
    (tree / header).write_text(text, "utf-8")


def make(tree, *words):
    return subprocess.run(["make", *words], cwd=tree, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def test_each_is_offered_by_the_page():
    page = (ROOT / "handouts/instructors.md").read_text("utf-8")
    names = [name for _, values in VARIATIONS.values() for name in values]
    assert not [name for name in names if f"`{name}`" not in page]


@pytest.mark.many
@pytest.mark.parametrize("header, values", VARIATIONS.values(), ids=VARIATIONS)
def test_solutions_keep_their_marks(tmp_path, header, values):
    tree = course(tmp_path / "course")
    vary(tree, header, values)
    graded = make(tree, "grade", "SUBMISSION=solutions").stdout
    scores = re.findall(r"^Lab \d+ Score: (\d+)/100", graded, re.M)
    assert set(scores) == {"100"} and len(scores) == len(list(tree.glob("labs/lab*"))), graded


@pytest.mark.many
def test_pages_follow_all_of_them(tmp_path):
    tree = course(tmp_path / "course")
    for header, values in VARIATIONS.values():
        vary(tree, header, values)
    refreshed = make(tree, "handouts-refresh")
    assert refreshed.returncode == 0, refreshed.stdout
