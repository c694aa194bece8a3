"""A lab is data: one with a kernel, a program, a test kernel and a page comes with its own
folders, and nothing else in the tree is touched."""
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OWN = ("labs/lab10-scratch/", "solutions/lab10-scratch/", "grading/lab10/", "handouts/lab10.md")

pytestmark = pytest.mark.slow


def run(tree: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(words, cwd=tree, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def make(tree: Path, *words: str, status: int = 0) -> str:
    done = run(tree, "make", *words)
    assert done.returncode == status, f"make {' '.join(words)}\n{done.stdout}"
    return done.stdout


def scratch_course(folder: Path) -> Path:
    """The course in a repository of its own, as git sees it here."""
    tree = folder / "course"
    listed = run(ROOT, "git", "ls-files").stdout.splitlines()
    for name in listed:
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    run(tree, "git", "init", "-q")
    run(tree, "git", "add", "-A")
    run(tree, "git", "-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "the course")
    return tree


@pytest.fixture(scope="module")
def tree(tmp_path_factory) -> Path:
    """The course with one lab more."""
    tree = scratch_course(tmp_path_factory.mktemp("new lab"))
    shutil.copytree(ROOT / "tests/scratch_lab", tree, dirs_exist_ok=True)
    make(tree, "skeletons")
    return tree


def test_it_boots_and_says_what_is_to_be_written(tree):
    assert "Exercise 10.1: answer() is yours to write" in make(tree, "qemu-nox", "LAB=10",
                                                               "SOLVED=earlier",
                                                               status=2)
    assert "[Answer Test] The answer is 42" in make(tree, "qemu-nox", "LAB=10", "SOLVED=all")


def test_it_is_graded(tree):
    assert "Lab 10 Score: 100/100" in make(tree, "grade", "LAB=10", "SUBMISSION=solutions")
    assert "Lab 10 Score: 0/100" in make(tree, "grade", "LAB=10", status=2)
    assert "10.1" in make(tree, "grade", "ONLY=10.1", "SUBMISSION=solutions")


def test_it_is_mapped_listed_and_handed_out(tree):
    assert "kernel code" in make(tree, "map", "LAB=10", "SOLVED=all")
    assert "lab10-scratch" in make(tree, "files", "LAB=10")
    make(tree, "edition", "LAB=10")
    edition = tree / "build/edition-lab10"
    assert (edition / "handouts/lab10.md").is_file()
    assert (edition / "labs/lab10-scratch/exercises/answer.c").is_file()
    assert not (edition / "solutions/lab10-scratch").exists()


def test_it_has_a_page(tree):
    words = ("env", "PYTHONPATH=tools", "/usr/bin/python3", "-B", "-m", "ringstep", "handouts")
    done = run(tree, *words, "refresh", "lab10")
    assert done.returncode == 0, done.stdout
    page = (tree / "handouts/lab10.md").read_text("utf-8")
    assert "[Answer Test] The answer is 42" in page and "`make grade ONLY=10.1`" in page


def test_nothing_else_was_touched(tree):
    changed = [line[3:] for line in run(tree, "git", "status", "--porcelain",
                                        "--untracked-files=all").stdout.splitlines()]
    assert changed and [name for name in changed if not name.startswith(OWN)] == []
