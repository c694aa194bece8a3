"""Running a course: hand-ins, editions, a folder of hand-ins, starting over."""
import json
import os
import re
import shutil
import subprocess
import tarfile
import xml.etree.ElementTree as xml
from pathlib import Path

import pytest

from ringstep.course import labs
from ringstep.grading import edition

ROOT = Path(__file__).parent.parent


def make(*arguments, cwd=ROOT):
    return subprocess.run(["make", *arguments], cwd=cwd, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True,
                          env={k: v
                               for k, v in os.environ.items() if k != "MAKEFLAGS"})


def test_a_handin_has_the_exercise_files_and_nothing_else():
    run = make("handin", "LAB=2")
    archive = ROOT / run.stdout.strip().split("\n")[-1]
    with tarfile.open(archive) as tar:
        names = tar.getnames()
    assert len(names) == 6 and all(name.startswith("lab2-process/exercises/") for name in names)
    assert run.stdout.count("(not written yet)") == 6


def test_the_report_files_agree(tmp_path):
    run = make("grade", "ONLY=1.2", "SUBMISSION=solutions", f"REPORT={tmp_path}", "SEED=7")
    assert run.returncode == 0, run.stdout + run.stderr
    data = json.loads((tmp_path / "grade.json").read_text())
    assert (data["score"], data["points"], data["seed"]) == (16, 16, "7")
    tests = data["exercises"][0]["tests"]
    assert {t["name"] for t in tests} > {"gdt_in_use", "segments_reloaded"}
    assert all(set(t["emulators"]) == {"qemu", "bochs"} for t in tests)
    gradescope = json.loads((tmp_path / "results.json").read_text())
    assert gradescope["score"] == 16 and gradescope["tests"][0]["max_score"] == 16
    cases = xml.parse(tmp_path / "junit.xml").getroot().findall(".//testcase")
    assert len(cases) == len(tests) and not [c for case in cases for c in case]


def test_reset_keeps_what_was_written(tmp_path):
    shutil.copytree(ROOT, tmp_path / "tree", ignore=shutil.ignore_patterns("build", ".git"))
    file = tmp_path / "tree/labs/lab1-boot/exercises/gdt_load.S"
    pristine = file.read_text()
    file.write_text("mine")
    run = make("reset", "EX=1.2", cwd=tmp_path / "tree")
    assert file.read_text() == pristine and "kept your version" in run.stdout
    assert file.with_name("gdt_load.S.old").read_text() == "mine"
    file.write_text("mine again")
    run = make("skeletons", cwd=tmp_path / "tree")
    assert file.read_text() == "mine again" and "left alone" in run.stdout
    run = make("check", cwd=tmp_path / "tree")
    assert run.returncode != 0 and "make grade" in run.stderr


NEW_TEST = '''

@test("1.2", MAIN, "gdt_load")
def {name}(run):
    """The GDT is as it was never written."""
    run.expect(run.at("gdt_check").gdtr.start == 1, "a start", "there is none")
'''


@pytest.mark.slow
@pytest.mark.parametrize("name, words", [
    ("a_new_test", "the test itself is wrong: AttributeError"),
    ("gdt_in_use", "ringstep: two tests have the name gdt_in_use()"),
])
def test_a_wrong_test_costs_no_student_anything(tmp_path, name, words):
    shutil.copytree(ROOT, tmp_path / "tree", ignore=shutil.ignore_patterns("build", ".git"))
    with open(tmp_path / "tree/grading/lab1/tests.py", "a") as tests:
        tests.write(NEW_TEST.format(name=name))
    run = make("grade", "ONLY=1.2", f"SUBMISSION={ROOT}/solutions/lab1-boot", cwd=tmp_path / "tree")
    assert words in run.stdout + run.stderr and "Traceback" not in run.stderr
    assert not re.search(r": fail", run.stdout)


@pytest.mark.slow
def test_an_edition_is_whole_without_the_solutions_of_its_lab(tmp_path):
    assert make("edition", "LAB=2").returncode == 0
    tree = tmp_path / "edition"
    shutil.copytree(ROOT / "build/edition-lab2", tree)
    files = [str(f.relative_to(tree)) for f in tree.rglob("*")]
    assert not [
        f for f in files
        if f.startswith(("solutions/lab2", "labs/lab3", "grading/mutants", "tests", ".git/"))
    ]
    run = make("qemu-nox", "SOLVED=earlier", cwd=tree)
    assert "Exercise 2.1: " in run.stdout
    assert "Exercise 2.1: " in make("why", cwd=tree).stdout
    untouched = make("grade", cwd=tree).stdout
    assert "Total Score: 0/200" in untouched and "changed:" not in untouched
    assert "lab 2" in (tree / "README.md").read_text().split("\n")[0]
    assert "Lab 2 is complete" in make("demo", cwd=tree).stdout     # the image comes with it
    assert "mutants" not in make("help", cwd=tree).stdout
    with open(tree / "labs/lab1-boot/kernel/gdt.c", "a") as given:
        given.write("/* mine */\n")
    assert "changed: labs/lab1-boot/kernel/gdt.c: a given file" in make(
        "grade", "ONLY=1.1", cwd=tree).stdout
    for name in ("frame_alloc.c", "page_table_walk.c"):
        shutil.copy(ROOT / "solutions/lab2-process/exercises" / name,
                    tree / "labs/lab2-process/exercises")
    shutil.copy(ROOT / "solutions/lab2-process/exercises/create_process.c",
                tree / "labs/lab2-process/exercises")
    run = make("grade", "LAB=2", cwd=tree)
    assert "Lab 2 Score: 32/100" in run.stdout, run.stdout
    assert "Lab 2 Score: 16/16" in make("grade", "ONLY=2.2", cwd=tree).stdout
    assert re.search(r"2.6  create_process.c +not-run",
                     run.stdout) and "2.6  nothing is wrong so far" in run.stdout
    assert "not written or not right yet" in " ".join(run.stdout.split())
    assert "was as at" not in make("reset", "EX=2.1", cwd=tree).stdout


@pytest.mark.slow
@pytest.mark.many
@pytest.mark.parametrize("lab", labs.labs(ROOT), ids=lambda lab: lab.name)
def test_an_exercise_can_be_checked_when_its_page_says_so(tmp_path, lab):
    """In an edition, where only it and those before it are written."""
    tree = shutil.copytree(edition.write_edition(ROOT, lab, "Ringstep", "", "3"), tmp_path / "tree")
    for id, points, path in labs.exercises_of(ROOT, lab):
        assert f"not in this tree, so SOLVED= cannot take {id}" in make(
            "qemu-nox", f"SOLVED={id}", cwd=tree).stderr
        shutil.copy(ROOT / "solutions" / path, tree / "labs" / path)
        run = make("grade", f"ONLY={id}", cwd=tree)
        assert re.search(rf"^  {id}  \S+ +pass +{points}/{points} ", run.stdout, re.M), run.stdout


@pytest.mark.slow
def test_exercises_that_do_not_work_together_do_not_look_perfect(tmp_path):
    """Each passes alone: one leaves a mark in DR0, the other one waits while it is there."""
    shutil.copytree(ROOT / "solutions/lab1-boot", tmp_path / "in/ada/lab1-boot")
    for name, line, put in (("interrupt_gate.c", "    return (struct gate){",
                             '    asm volatile ("mov %0, %%dr0" :: "r"(77UL));\n'),
                            ("trap_use_stack.c", "    struct gate gate = idt_get(vector);",
                             '''    unsigned long mark;
                asm volatile ("mov %%dr0, %0" : "=r"(mark));
                while (mark == 77) asm volatile ("");\n''')):
        file = tmp_path / "in/ada/lab1-boot/exercises" / name
        text = file.read_text()
        assert line in text
        file.write_text(text.replace(line, put + line))
    run = make("grade-all", f"DIR={tmp_path}/in", "LAB=1", f"REPORT={tmp_path}/out")
    assert "100/100  not beside the others: 1.6" in run.stdout, run.stdout
    assert "but they do not work together" in (tmp_path / "out/ada/report.txt").read_text()
