"""Submissions: what is taken, what is ignored by name, and what is refused."""
import io
import os
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from ringstep.grading.submission import FILE_BYTES, SubmissionError, collect

ROOT = Path(__file__).parent.parent
PATH = "lab1-boot/exercises/gdt_load.S"
SOLUTION = (ROOT / "solutions" / PATH).read_bytes()


def archive(tmp_path, *members):
    """members: (name, bytes) or a TarInfo"""
    file = tmp_path / "handin.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                tar.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                tar.addfile(info, io.BytesIO(member[1]))
    return file


def special(name, kind, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize("front", ["", "./", "labs/", "./labs/", "someone/labs/"])
def test_paths_may_have_folders_in_front(tmp_path, front):
    assert collect(ROOT, archive(tmp_path, (front + PATH, SOLUTION))).files == {PATH: SOLUTION}


def test_a_folder_is_taken_like_an_archive(tmp_path):
    (tmp_path / PATH).parent.mkdir(parents=True)
    (tmp_path / PATH).write_bytes(SOLUTION)
    assert collect(ROOT, tmp_path).files == {PATH: SOLUTION}


def test_a_folder_with_one_archive_is_that_archive(tmp_path):
    """As Moodle lays them out: a folder for each student."""
    archive(tmp_path, (PATH, SOLUTION))
    assert collect(ROOT, tmp_path).files == {PATH: SOLUTION}


@pytest.mark.parametrize("front", ["", "exercises/", "my solution/"])
def test_a_name_is_enough_where_no_path_is(tmp_path, front):
    submission = collect(ROOT,
                         archive(tmp_path, (front + "gdt_load.S", SOLUTION), ("notes.txt", b"")))
    assert submission.files == {PATH: SOLUTION}
    assert submission.notes == [
        f"taken: {front}gdt_load.S: as {PATH}", "ignored: notes.txt: is no exercise's file"
    ]


def test_an_archive_beside_a_text_is_taken_and_two_are_not(tmp_path):
    archive(tmp_path, (PATH, SOLUTION))
    (tmp_path / "onlinetext.html").write_text("My answers")
    assert collect(ROOT, tmp_path).files == {PATH: SOLUTION}
    (tmp_path / "gdt_load.S").write_bytes(b"newer")
    with pytest.raises(SubmissionError,
                       match="which one .* handin.tar.gz, and exercise files beside it"):
        collect(ROOT, tmp_path)
    (tmp_path / "gdt_load.S").rename(tmp_path / "old.zip")
    with pytest.raises(SubmissionError,
                       match="which one .* handin.tar.gz, old.zip|old.zip, handin.tar.gz"):
        collect(ROOT, tmp_path)


def test_another_labs_hand_in_is_not_graded_as_nothing(tmp_path):
    with pytest.raises(SubmissionError, match="no exercise file of lab 2 in it, only of lab 1"):
        collect(ROOT, archive(tmp_path, (PATH, SOLUTION)), [2])


def test_a_name_is_not_enough_beside_a_path(tmp_path):
    submission = collect(ROOT, archive(tmp_path, ("old/tss_load.c", b"old"), (PATH, SOLUTION)))
    assert submission.files == {PATH: SOLUTION}
    assert submission.notes == ["ignored: old/tss_load.c: is no exercise's file"]


def test_other_files_are_ignored_by_name(tmp_path):
    submission = collect(
        ROOT,
        archive(tmp_path, (PATH, SOLUTION), ("Makefile", b"all:"),
                ("grading/lab1/exercises.txt", b"1.1 100 x"), ("notes.txt", b"")))
    assert set(submission.files) == {PATH}
    said = "\n".join(submission.notes)
    assert [line.split(":")[1] for line in submission.notes
            ] == [" Makefile", " grading/lab1/exercises.txt", " notes.txt"]
    assert "grading/lab1/exercises.txt: the course's own is used" in said
    assert "notes.txt: is no exercise's file" in said


def test_a_whole_tree_may_be_handed_in(tmp_path):
    """Given files that are as they were need no word; one that was changed is named."""
    header, own = "labs/lab1-boot/include/gdt.h", "labs/lab1-boot/kernel/gdt.c"
    submission = collect(
        ROOT,
        archive(tmp_path, ("labs/" + PATH, SOLUTION), (header, (ROOT / header).read_bytes()),
                (own, b"mine")))
    assert set(submission.files) == {PATH}
    assert submission.notes == [
        f"ignored: {own}: a given file that was changed; the course's own is used"
    ]


def test_a_zip_is_taken_too(tmp_path):
    with zipfile.ZipFile(tmp_path / "handin.zip", "w") as packed:
        packed.writestr("labs/" + PATH, SOLUTION)
        packed.writestr("solutions/" + PATH, b"the course's")
    assert collect(ROOT, tmp_path / "handin.zip").files == {PATH: SOLUTION}


def test_names_that_no_system_takes(tmp_path):
    submission = collect(
        ROOT, archive(tmp_path, (PATH, SOLUTION), ("x" * 300 + "/y", b""), ("a\udcff", b"")))
    assert set(submission.files) == {PATH} and "\\udcff" in " ".join(submission.notes)


REFUSED = {
    "leaves the tree": [("../" + PATH, SOLUTION)],
    "leaves the tree ": [("/etc/passwd", b"")],
    "is a link or a device": [special(PATH, tarfile.SYMTYPE, "/etc/passwd")],
    "is a link or a device ": [special(PATH, tarfile.LNKTYPE, "/etc/passwd")],
    "is a link or a device  ": [special(PATH, tarfile.CHRTYPE)],
    "is a link or a device   ": [special(PATH, tarfile.FIFOTYPE)],
    "twice": [(PATH, SOLUTION), ("labs/" + PATH, SOLUTION)],
    "has no exercise file": [("notes.txt", b"I was ill")],
    "has no exercise file ": [],
    f"more than {FILE_BYTES}": [(PATH, b"#" * (FILE_BYTES + 1))],
    "unpacks to more than 64 MiB": [("zeroes", bytes(65 << 20)), (PATH, SOLUTION)],
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_could_hurt_is_refused(tmp_path, why):
    with pytest.raises(SubmissionError, match=why.strip()):
        collect(ROOT, archive(tmp_path, *REFUSED[why]))


RUBBISH = {"empty": b"", "text": b"no archive", "binary": bytes(n * n % 251 for n in range(5000)),
           "broken gzip": b"\x1f\x8b" + bytes(100)}


@pytest.mark.parametrize("name", RUBBISH)
def test_rubbish_is_no_archive(tmp_path, name):
    file = tmp_path / "handin.tar.gz"
    file.write_bytes(RUBBISH[name])
    with pytest.raises(SubmissionError, match="that can be read|has no exercise file"):
        collect(ROOT, file)


def test_a_link_in_a_folder_is_refused(tmp_path):
    (tmp_path / PATH).parent.mkdir(parents=True)
    (tmp_path / PATH).symlink_to("/etc/passwd")
    with pytest.raises(SubmissionError, match="is a link"):
        collect(ROOT, tmp_path)


def test_a_file_of_a_gigabyte_is_refused_unread(tmp_path):
    file = tmp_path / "handin.tar.gz"
    with open(file, "wb") as sparse:
        sparse.truncate(1 << 30)
    with pytest.raises(SubmissionError, match="is larger than"):
        collect(ROOT, file)


def make(*arguments, **environment):
    return subprocess.run(["make", *arguments], cwd=ROOT, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True, env={**os.environ, **environment})


@pytest.mark.parametrize("arguments, words", [
    (["SUBMISSION=nowhere.tar.gz"], "there is no such folder or archive"),
    (["ONLY=9.9"], "there is no such exercise or test"),
    (["LAB=7"], "there is no such lab"),
])
def test_make_grade_says_in_one_line_what_is_wrong(arguments, words):
    run = make("grade", *arguments)
    lines = [line for line in run.stderr.split("\n") if line and not line.startswith("make: ***")
             or words in line]
    assert run.returncode != 0 and len(lines) == 1 and words in lines[0]
    assert "Traceback" not in run.stdout + run.stderr


def test_what_does_not_compile_costs_only_itself(tmp_path):
    tree = tmp_path / "lab1-boot/exercises"
    tree.mkdir(parents=True)
    for file in (ROOT / "solutions/lab1-boot/exercises").iterdir():
        (tree / file.name).write_bytes(file.read_bytes())
    (tree / "tss_load.c").write_text("this is no C\n")
    run = make("grade", "LAB=1", f"SUBMISSION={tmp_path}")
    assert "1.3  does not compile" in run.stdout
    assert "labs/lab1-boot/exercises/tss_load.c:1:1: error" in run.stdout
    assert "Lab 1 Score: 82/100" in run.stdout and run.returncode == 2


def test_a_missing_emulator_is_no_wrong_answer(tmp_path):
    for name in os.listdir("/usr/bin"):
        if name != "bochs":
            (tmp_path / name).symlink_to(f"/usr/bin/{name}")
    run = make("grade", "ONLY=1.2", "SUBMISSION=solutions", PATH=str(tmp_path))
    assert "grader-error on bochs" in run.stdout and "type ./setup" in run.stdout
    assert "fail" not in run.stdout


# ---- names are data, and costs are bounded ----

def test_names_reach_no_terminal_raw(tmp_path):
    name = "a\nLab 1 Score: 100/100\x1b[2J\ufffe\u202etxt"
    submission = collect(ROOT, archive(tmp_path, (PATH, SOLUTION), (name, b"")))
    assert submission.notes == [
        "ignored: a\\nLab 1 Score: 100/100\\x1b[2J\\ufffe\\u202etxt: is no exercise's file"]
    with pytest.raises(SubmissionError) as refused:
        collect(ROOT, archive(tmp_path, ("../\x1b[2J\n", b"")))
    assert "\x1b" not in str(refused.value) and "\n" not in str(refused.value)


def test_a_path_of_twenty_thousand_folders_costs_nothing(tmp_path):
    with pytest.raises(SubmissionError, match="has more than 20 folders"):
        collect(ROOT, archive(tmp_path, ("a/" * 20000 + "gdt_load.S", SOLUTION)))


def test_folders_in_folders_are_not_followed_for_ever(tmp_path):
    deep = tmp_path
    for _ in range(40):
        deep = deep / "a"
    deep.mkdir(parents=True)
    with pytest.raises(SubmissionError, match="has more than 20 folders"):
        collect(ROOT, tmp_path)


def test_many_files_of_one_name_are_not_all_kept(tmp_path):
    members = [(f"{number}/gdt_load.S", bytes(FILE_BYTES)) for number in range(200)]
    with pytest.raises(SubmissionError) as refused:
        collect(ROOT, archive(tmp_path, *members))
    assert "which one is" in str(refused.value) and len(str(refused.value)) < 300


def test_another_compiler_is_refused():
    run = make("grade", "ONLY=1.1", "SUBMISSION=solutions", "CC=clang")
    assert run.returncode != 0 and "CC=clang: grading is done with gcc" in run.stderr
