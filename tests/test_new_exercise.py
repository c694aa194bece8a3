"""One exercise more in lab 3 is six files, as CONTRIBUTING.md names them, and what `make
skeletons` makes of them; each that is missing is named by a check, in a sentence."""
import re
from pathlib import Path

import pytest
from test_new_lab import make, run, scratch_course

ROOT = Path(__file__).parent.parent
SOLUTION = "solutions/lab3-ring3/exercises/answer.c"
HEADER = "labs/lab3-ring3/include/answer.h"
MAIN = "labs/lab3-ring3/main.c"
LINES = "grading/lab3/exercises.txt"
TESTS = "grading/lab3/tests_answer.py"
PAGE = "handouts/lab3.md"
MADE = {"labs/lab3-ring3/exercises/answer.c", "grading/lab3/skeletons.sha256"}

NEW = {
    SOLUTION: '''\
/*
 * Exercise 3.7: answer
 */
#include <answer.h>
#include <exercise.h>

int answer(void)
{
    /* SOLUTION */
    return ANSWER;
    /* END SOLUTION */
}
''',
    HEADER: '''\
/*
 * answer.h - an exercise that exists in tests only.
 */
#pragma once

#define ANSWER 42

/* Exercise 3.7. ANSWER. */
int answer(void);
''',
    TESTS: '''\
"""What the kernel must have answered."""
from grading.lab3.shared import MAIN
from ringstep.grading.harness import test


@test("3.7", MAIN, "answer")
def the_answer(run):
    """The kernel knows the answer."""
    run.expect("the answer is 42" in run.text, "the answer", run.text[-80:])
''',
}
CHANGED = {                     # file: what is replaced there, by what
    MAIN: [("#include <boot.h>\n", "#include <answer.h>\n#include <boot.h>\n"),
           ("    require_programs();\n",
            '    require_programs();\n    exercise("3.7", "answer");\n'
            '    printf("    the answer is %d\\n", answer());\n')],
    LINES: [("3.6  14", "3.6  12"),
            ("# This lab's", "3.7  2  answer.c  the answer is 42\n# This lab's")],
    PAGE: [("## Look at it in GDB", """\
### Exercise 3.7: answer

<!-- from: exercise id=3.7 minutes=10 week=3 -->
<!-- end -->

Give the answer.

## Look at it in GDB""")],
}
TOOL = ("env", "PYTHONPATH=tools", "/usr/bin/python3", "-B", "-m")
MISSED = {                      # file that is missing: what one types, what is said
    SOLUTION: ([*TOOL, "ringstep", "skeleton", "check"],
               f"{SOLUTION}: missing, the solution of exercise 3.7"),
    LINES: ([*TOOL, "ringstep", "skeleton", "check"],
            f"{SOLUTION}: its lab's exercises.txt has no line for it"),
    HEADER: (["make", "LAB=3"], "answer.h: No such file"),
    MAIN: ([*TOOL, "pytest", "-q", "tests/test_exercises.py", "-k", "3.7"],
           "exercise 3.7 is not reached where the earlier ones are solved"),
    TESTS: (["make", "grade", "ONLY=3.6"], "exercise 3.7 has no test"),
    PAGE: (["make", "handouts-check"],
           "handouts/lab3.md has sections for the exercises"),
}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    tree = scratch_course(tmp_path_factory.mktemp("new exercise"))
    for name, text in NEW.items():
        (tree / name).write_text(text, "utf-8")
    for name, changes in CHANGED.items():
        text = (tree / name).read_text("utf-8")
        for old, new in changes:
            assert text.count(old) == 1, f"{name}: {old}"
            text = text.replace(old, new)
        (tree / name).write_text(text, "utf-8")
    make(tree, "skeletons")
    return tree


def test_it_is_reached_graded_and_told(tree):
    text = make(tree, "qemu-nox", "LAB=3", "SOLVED=earlier,3.1,3.2,3.3,3.4,3.5,3.6", status=2)
    assert "Exercise 3.7: answer() is yours to write" in text
    graded = make(tree, "grade", "LAB=3", "SUBMISSION=solutions")
    assert "Lab 3 Score: 100/100" in graded and re.search(r"3\.7 .* pass +2/2", graded)
    done = run(tree, *TOOL, "ringstep", "handouts", "refresh", "lab3")
    assert done.returncode == 0, done.stdout
    assert "`make grade ONLY=3.7`" in (tree / PAGE).read_text("utf-8")


def test_six_files_were_written(tree):
    changed = {line[3:] for line in run(tree, "git", "status", "--porcelain",
                                        "--untracked-files=all").stdout.splitlines()}
    written = {*NEW, *CHANGED}
    assert len(written) == 6 and changed == written | MADE
    rules = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    section = re.search(r"^## A new exercise\n.*?(?=^## )", rules, re.M | re.S)[0]
    assert re.findall(r"^\d\. ", section, re.M)[-1] == "6. "


@pytest.mark.parametrize("file", MISSED)
def test_a_missing_one_is_named(tree, file):
    words, said = MISSED[file]
    text = (tree / file).read_text("utf-8")
    if file in NEW:
        (tree / file).unlink()
    else:
        run(tree, "git", "checkout", file)
    done = run(tree, *words)
    (tree / file).write_text(text, "utf-8")
    assert said in done.stdout and "Traceback" not in done.stdout, done.stdout
