"""A class is graded: all of it, each once, and nothing is lost."""
import json
import os
import shutil
import signal
import subprocess
import time
import xml.etree.ElementTree as xml

import pytest
from class_folder import EXERCISES, FEW, ROOT, SOLVED, grade_all, make, pack, rows

from ringstep.grading.grade import Grader
from ringstep.grading.one import stamp
from ringstep.grading.report_files import record
from ringstep.grading.submission import Submission

RESULTS = {"report.txt", "report.html", "grade.json", "results.json", "junit.xml"}


def test_identical_hand_ins_and_kernels_are_not_booted_twice(tmp_path):
    """And come out the same: verdicts, evidence, and where to look."""
    wrong = {path: data.replace(b"0x89", b"0x8B") for path, data in FEW.items()}
    path, = FEW
    found = []
    for files, known in ((wrong, None), (wrong, tmp_path), (wrong, tmp_path),
                         ({path: wrong[path].replace(b"*/", b"*/  ", 1)}, tmp_path)):
        grader = Grader(ROOT, Submission("x", files), [1], "1.3", seed="7", known=known)
        grader.run()
        found.append((record(grader), grader.boots))
    assert [boots for _, boots in found] == [found[0][1], found[0][1], 0, 0]
    assert all(data == found[0][0] for data, _ in found[1:])
    other = Grader(ROOT, Submission("x", wrong), [1], "1.3", seed="8", known=tmp_path)
    other.run()
    assert other.boots                  # another seed is another question


def test_an_unchanged_hand_in_is_known_without_being_read(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "labs", tmp_path / "labs")
    before = stamp(tmp_path)
    (tmp_path / "labs/lab1-boot/main.c").write_bytes(b"x")
    with monkeypatch.context() as patch:
        for opens in "builtins.open", "io.open", "os.open":
            patch.setattr(opens, None)
        assert stamp(tmp_path) not in ("", before)


@pytest.mark.slow
def test_a_class_is_graded_and_resumed(tmp_path):
    pack(tmp_path / "in/Ada Lovelace_101_assignsubmission_file_/a.tar.gz")
    pack(tmp_path / "in/lovelaceada_7_21_a.tar.gz")
    (tmp_path / "in/=cmd|calc.tar.gz").write_bytes(b"")
    (tmp_path / "in/link.zip").symlink_to("/etc/passwd")
    pack(tmp_path / "in/2026-11-20 grace.tgz", {
        f"{EXERCISES}/tss_load.c": b"no C", f"{EXERCISES}/gdt_load.S.txt": b"",
        **{path: (ROOT / "labs" / path).read_bytes() for path in SOLVED if "gate" in path}})
    (tmp_path / "roster.csv").write_text(
        "First name,Last name,Email address\nAda,Lovelace,\nNo,Show,n@x.org\nGrace,,\n")
    run = grade_all(tmp_path, f"ROSTER={tmp_path}/roster.csv", "JOBS=2")
    assert "two hand-ins of lovelaceada" in run.stderr      # Canvas' and Moodle's
    (tmp_path / "in/lovelaceada_7_21_a.tar.gz").rename(tmp_path / "in/turingalan_7_21_a.tar.gz")
    run = grade_all(tmp_path, f"ROSTER={tmp_path}/roster.csv", "JOBS=2")
    assert run.returncode == 2 and "2 of them could not be graded: cmd-calc, link" in run.stdout
    found = rows(tmp_path)
    assert (found["Ada-Lovelace"]["score"], found["Ada-Lovelace"]["number"]) == ("18", "101")
    assert found["turingalan"]["1.3"] == "18" and found["turingalan"]["1.1 verdict"] == "missing"
    assert [found["grace"][f"1.{n} verdict"] for n in (2, 3, 4)] == [
        "wrong name", "not compiled", "not written"]
    assert found["grace"]["handed in"].startswith("2026-11-20")
    assert found["cmd-calc"]["verdict"] == "refused" and found["cmd-calc"]["name"][0] == "'"
    assert found[""]["name"] == "No Show" and found[""]["verdict"] == "nothing handed in"
    for name in found.keys() - {""}:
        assert RESULTS < {file.name for file in (tmp_path / "out" / name).iterdir()} | {"files"}
        for file in RESULTS - {"grade.json"}:
            text = (tmp_path / "out" / name / file).read_text()
            assert str(tmp_path) not in text and str(ROOT) not in text
        xml.parse(tmp_path / "out" / name / "junit.xml")
        assert json.loads((tmp_path / "out" / name / "results.json").read_text())["tests"]
    again = grade_all(tmp_path)
    assert "5 hand-ins, 5 as before" in again.stdout and again.returncode == 2
    pack(tmp_path / "in/turingalan_LATE_7_22_a-1.tar.gz", {"x": b""})
    (tmp_path / "in/2026-11-20 grace.tgz").unlink()
    third = grade_all(tmp_path)
    assert "grace: the hand-in is gone" in third.stdout and not (tmp_path / "out/grace").exists()
    assert "the newest of 2 versions" in rows(tmp_path)["turingalan"]["warnings"]
    assert "18" not in (tmp_path / "out/turingalan/report.txt").read_text()


def start(folder):
    process = subprocess.Popen(
        ["make", "grade-all", f"DIR={folder}/in", "LAB=1", f"REPORT={folder}/out", "JOBS=2"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True, env={**os.environ, "TMPDIR": str(folder)})
    for line in process.stdout:
        if " of 4 " in line:
            break
    return process


def ours(folder):
    """Processes that work in a folder."""
    return subprocess.run(["pgrep", "-f", f"{folder}/ringstep-"], stdout=subprocess.PIPE,
                          text=True).stdout.split()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_nothing_that_was_graded_is_lost(tmp_path, number):
    for n in range(4):
        pack(tmp_path / f"in/s{n}.tgz", {**SOLVED, f"{EXERCISES}/tss_load.c":
                                         FEW[f"{EXERCISES}/tss_load.c"] + b"/* %d */\n" % n})
    process = start(tmp_path)
    os.killpg(process.pid, number)
    words = process.communicate(timeout=300)[0]
    assert "Traceback" not in words
    deadline = time.monotonic() + 20
    while ours(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not ours(tmp_path)
    kept = [file for file in tmp_path.glob("out/s*/grade.json")]
    assert kept and (number != signal.SIGINT or len(rows(tmp_path)) >= 1)
    run = grade_all(tmp_path, TMPDIR=str(tmp_path))
    assert f"4 hand-ins, {len(kept)} as before" in run.stdout, run.stdout + run.stderr
    assert [row["score"] for row in rows(tmp_path).values()] == ["100"] * 4
    assert not list(tmp_path.glob("ringstep-*/*"))          # swept


@pytest.mark.slow
def test_a_disk_that_fills_stops_it_by_name(tmp_path):
    pack(tmp_path / "in/ada.tgz")
    (tmp_path / "out").mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", tmp_path / "out"],
                      stderr=subprocess.DEVNULL).returncode != 0:
        pytest.skip("only root may mount a small disk")
    try:
        for n in range(8):
            pack(tmp_path / f"in/s{n}.tgz")
        early = grade_all(tmp_path)
        shutil.rmtree(tmp_path / "in")
        pack(tmp_path / "in/ada.tgz")
        (tmp_path / "out/fill").write_bytes(bytes((1 << 20) - (300 << 10)))
        assert grade_all(tmp_path, "ONLY=").returncode == 0
        pack(tmp_path / "in/ada.tgz", {**FEW, "notes": b""})
        with open(tmp_path / "out/fill", "ab") as fill:
            os.posix_fallocate(fill.fileno(), 0, (1 << 20) - (60 << 10))
        late = grade_all(tmp_path)
    finally:
        subprocess.run(["umount", tmp_path / "out"], check=True)
    for run in (early, late):
        said = [line for line in run.stderr.splitlines() if not line.startswith("make")]
        assert len(said) == 1 and "No space left on device" in said[0], run.stdout + run.stderr


@pytest.mark.slow
def test_a_test_that_the_solutions_fail_stops_it_at_once(tmp_path):
    tree = tmp_path / "tree"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns("build", ".git", "grades"))
    with open(tree / "grading/lab1/tests.py", "a") as tests:
        tests.write('\n\n@test("1.2", MAIN, "gdt_load")\ndef too_strict(run):\n    """No."""\n'
                    '    run.expect(False, "nothing", "something")\n')
    pack(tmp_path / "in/ada.tgz")
    run = make("grade-all", f"DIR={tmp_path}/in", "LAB=1", cwd=tree)
    assert "no hand-in was graded: the solutions fail too_strict of 1.2" in run.stderr
    assert run.returncode == 2 and not (tree / "grades/lab1/ada").exists()


BAD = {
    "JOBS=0": "is no number",
    "JOBS=two": "is no number",
    "ROSTER=nowhere.csv": "No such file",
    "ROSTER=Makefile": "has no column that tells students apart",
}


@pytest.mark.parametrize("word", BAD)
def test_bad_input_is_said_before_an_hour_is_spent(tmp_path, word):
    pack(tmp_path / "in/ada.tgz")
    run = grade_all(tmp_path, word)
    said = [line for line in run.stderr.splitlines() if not line.startswith("make")]
    assert len(said) == 1 and BAD[word] in said[0] and "the solutions" not in run.stdout


@pytest.mark.parametrize("points, words", [("15", "adds up to 99"), ("16.5", "is not: exercise")])
def test_points_that_are_wrong(tmp_path, points, words):
    tree = tmp_path / "tree"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns("build", ".git", "grades"))
    file = tree / "grading/lab1/exercises.txt"
    file.write_text(file.read_text().replace("1.1  16", f"1.1  {points}"))
    pack(tmp_path / "in/ada.tgz")
    run = make("grade-all", f"DIR={tmp_path}/in", "LAB=1", cwd=tree)
    assert words in run.stderr and "the solutions" not in run.stdout, run.stderr
