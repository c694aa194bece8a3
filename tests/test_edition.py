"""What students get: an edition, by itself and in a repository."""
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from ringstep.course.labs import exercises
from ringstep.grading.submission import collect

ROOT = Path(__file__).parent.parent
COMMAND = re.compile(r"\bmake ([a-z-]+)((?: [A-Za-z_]+=[^ `]*)*)")


def make(*arguments, cwd=ROOT):
    return subprocess.run(["make", *arguments], cwd=cwd, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.PIPE)


def run(folder, *words):
    subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL)


def commit(folder):
    run(folder, "git", "add", "-A")
    run(folder, "git", "-c", "user.name=I", "-c", "user.email=i@example.org", "commit", "-qm", "x")


@pytest.fixture(scope="module")
def edition(tmp_path_factory):
    """Of lab 2, in a repository; the course's tree has a stray file."""
    folder = tmp_path_factory.mktemp("edition") / "tree"
    folder.mkdir()
    run(folder, "git", "init", "-q")
    (folder / "old").write_text("of last year")
    commit(folder)
    stray = ROOT / "labs/lab1-boot/kernel/stray.txt"
    stray.write_text("/* a note of mine */")
    try:
        made = make("edition", "LAB=2", f"TO={folder}", "TITLE=OS 2026", "HINTS=1",
                    "REPO_URL=https://git.example.org/os")
    finally:
        stray.unlink()
    assert made.returncode == 0, made.stderr
    return folder, made.stdout


@pytest.mark.slow
def test_a_repository_stays_and_all_else_is_replaced(edition):
    folder, said = edition
    assert (folder / ".git/HEAD").exists() and not (folder / "old").exists()
    assert "gone: old" in said and "new: README.md" in said
    assert not list(folder.rglob("stray.txt")) and not list(folder.rglob("course.mk"))
    words = f"TO={folder}", "TITLE=OS 2026", "HINTS=2", "REPO_URL=https://git.example.org/os"
    refused = make("edition", "LAB=2", *words)
    assert refused.returncode == 2 and "uncommitted" in refused.stderr
    commit(folder)
    again = make("edition", "LAB=2", *words).stdout
    assert {line.partition(": ")[0] for line in again.splitlines()[:-1]} == {"changed"}
    assert "changed: handouts/lab1.md" in again and "labs/" not in again.split("/tree")[0]


@pytest.mark.slow
def test_what_the_pages_name_works_there(edition):
    folder, _ = edition
    targets = set(re.findall(r"^([a-z][a-z_.-]*):.*## ", "".join(
        (folder / name).read_text() for name in ("Makefile", "tools/targets.mk")), re.M))
    pages = [folder / "README.md", *(folder / "handouts").glob("lab*.md"),
             folder / "handouts/start.md"]
    assert len(pages) == 4
    for page in pages:
        text = re.sub("<!--.*?-->", "", page.read_text(), flags=re.S)
        assert "Hint 1" in text or "lab" not in page.name
        assert "Hint 3" not in text and "instructor" not in text.lower()
        for target, words in COMMAND.findall(text):
            said = dict(word.split("=", 1) for word in words.split())
            if target not in targets:
                assert target in ("it", "a", "the", "sure", "them", "one"), (page, target)
            assert int(said.get("LAB", "1")) <= 2, (page, target, words)
            assert said.get("SOLVED") != "all" or said["LAB"] == "1", (page, target, words)
        for link in re.findall(r"\]\(([^)#]+)", text):
            assert link.startswith("http") or (page.parent / link).exists(), (page, link)
    assert (folder / "README.md").read_text().startswith("# OS 2026, lab 2\n")
    demo = make("demo", cwd=folder)
    assert demo.returncode == 0 and "Lab 2 is complete" in demo.stdout
    assert not list((folder / "solutions").glob("lab2*"))


@pytest.mark.slow
def test_an_honest_tree_is_never_accused(edition, tmp_path):
    """Not with the other line ends of an editor, nor with a given file of before it was mended."""
    folder, _ = edition
    tree = tmp_path / "ada"
    shutil.copytree(folder, tree, ignore=shutil.ignore_patterns(".git"))
    (tree / "build").mkdir(exist_ok=True)
    (tree / "build/x.o").write_bytes(b"")
    shutil.copy(ROOT / "solutions/lab2-process/exercises/frame_alloc.c",
                tree / "labs/lab2-process/exercises")
    for file in (tree / "labs").rglob("*.h"):
        file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    old = subprocess.run(["git", "log", "--format=%h", "-2", "--", "labs/lab1-boot/main.c"],
                         cwd=ROOT, stdout=subprocess.PIPE, text=True).stdout.split()
    if len(old) > 1:
        (tree / "labs/lab1-boot/main.c").write_bytes(subprocess.run(
            ["git", "show", f"{old[1]}:labs/lab1-boot/main.c"], cwd=ROOT,
            stdout=subprocess.PIPE).stdout)
    make("handin", "LAB=2", cwd=tree)
    assert (tree / "handin-lab2.tar.gz").exists()
    found = collect(ROOT, tree)
    assert [note for note in found.notes if "handin-lab2" not in note] == []
    (tree / "labs/lab1-boot/main.c").write_text("mine")
    assert "given file that was changed" in " ".join(collect(ROOT, tree).notes)


@pytest.mark.slow
def test_its_workflows_have_a_step_for_each_exercise_and_run(edition, tmp_path):
    folder, _ = edition
    job = yaml.safe_load((folder / ".github/workflows/classroom.yml").read_text())["jobs"]["grade"]
    steps = [step for step in job["steps"] if "command-grader" in step.get("uses", "")]
    mine = [each for each in exercises(ROOT) if each.lab == 2]
    assert [step["with"]["max-score"] for step in steps] == [each.points for each in mine]
    assert all(set(step["with"]) <= {"test-name", "setup-command", "command", "timeout",
                                     "max-score"} for step in steps)
    reporter = job["steps"][-1]
    assert reporter["with"]["runners"].split(",") == [step["id"] for step in steps]
    assert list(reporter["env"]) == [step["id"].upper() + "_RESULTS" for step in steps]
    work = tmp_path / "work"
    shutil.copytree(folder, work, ignore=shutil.ignore_patterns(".git"))
    shutil.copy(ROOT / "solutions/lab2-process/exercises/frame_alloc.c",
                work / "labs/lab2-process/exercises")
    shutil.copytree(folder, tmp_path / "temp/course")
    status = [subprocess.run(step["with"]["command"], shell=True, stdout=subprocess.DEVNULL, env={
        **os.environ, "RUNNER_TEMP": str(tmp_path / "temp"), "GITHUB_WORKSPACE": str(work)
    }).returncode for step in steps[:2]]
    assert status == [0, 2]
    ci = yaml.safe_load((folder / ".gitlab-ci.yml").read_text())["grade"]
    command = next(line for line in ci["script"] if "grade-one" in line)
    subprocess.run(command, shell=True, cwd=tmp_path / "temp/course", check=True, env={
        **os.environ, "CI_PROJECT_DIR": str(work)})
    assert (work / ci["artifacts"]["reports"]["junit"]).exists()


@pytest.mark.parametrize("word, says", [
    ("HINTS=4", "there are 0 to 3"), ("TO=.", "the course's own tree"),
    ("TO=labs", "the course's own tree"), ("TITLE=a$$(b)`c`", "has letters"),
])
def test_bad_words_are_said(word, says):
    made = make("edition", "LAB=1", word)
    assert made.returncode == 2 and says in made.stderr, made.stderr


def test_a_folder_of_something_else_stays(tmp_path):
    (tmp_path / "thesis.tex").write_text("nearly done")
    made = make("edition", "LAB=1", f"TO={tmp_path}")
    assert made.returncode == 2 and "neither empty" in made.stderr
    assert (tmp_path / "thesis.tex").read_text() == "nearly done"
