"""A class: hand-ins as platforms lay them out, graded and given back."""
import csv
import io
import json
import os
import shutil
import signal
import subprocess
import tarfile
import time
import xml.etree.ElementTree as xml
import zipfile
from pathlib import Path

import pytest

from ringstep.grading import parallel
from ringstep.grading.grade import Grader
from ringstep.grading.gradebook import Roster
from ringstep.grading.handins import handins, safe
from ringstep.grading.one import stamp
from ringstep.grading.report_files import record
from ringstep.grading.scratch import lock, scratch
from ringstep.grading.submission import Submission, SubmissionError, collect

ROOT = Path(__file__).parent.parent
EXERCISES = "lab1-boot/exercises"
SOLVED = {f"{EXERCISES}/{file.name}": file.read_bytes()
          for file in sorted((ROOT / "solutions" / EXERCISES).iterdir())}
FEW = {path: data for path, data in SOLVED.items() if "tss_load" in path}
RESULTS = {"report.txt", "report.html", "grade.json", "results.json", "junit.xml"}


def pack(file, files=FEW):
    file.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(file, "w:gz") as tar:
        for path, data in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def make(*arguments, cwd=ROOT, **environment):
    return subprocess.run(["make", *arguments], cwd=cwd, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.PIPE, env={**os.environ, **environment})


def grade_all(folder, *more, **environment):
    return make("grade-all", f"DIR={folder}/in", "LAB=1", f"REPORT={folder}/out", *more,
                **environment)


def rows(folder):
    with open(folder / "out/scores.csv", encoding="utf-8", newline="") as file:
        return {row["submission"]: row for row in csv.DictReader(file)}


# ---- whose hand-in it is ----

def named(folder):
    return {each.folder: each for each in handins(ROOT, folder)}


def touch(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


@pytest.mark.parametrize("names, who, chosen", [
    (["Ada Lovelace_101_assignsubmission_file_/a.zip"], "Ada-Lovelace",
     "Ada Lovelace_101_assignsubmission_file_"),
    (["Ada_101_assignsubmission_file/a.zip", "Ada_101_assignsubmission_onlinetext/x.html"], "Ada",
     "Ada_101_assignsubmission_file"),
    (["Ada_101_assignsubmission_file_a.zip", "Ada_101_assignsubmission_file_a-2.zip"], "Ada",
     "Ada_101_assignsubmission_file_a-2.zip"),
    (["lovelaceada_7_21_a.tar.gz", "lovelaceada_LATE_7_22_a-1.tar.gz"], "lovelaceada",
     "lovelaceada_LATE_7_22_a-1.tar.gz"),
    (["lovelaceada_7_9_a-10.zip", "lovelaceada_7_8_a-9.zip"], "lovelaceada",
     "lovelaceada_7_9_a-10.zip"),
    (["ada-2026-11-20.zip", "ada-2026-11-22 10-30.zip", "ada-2026-11-22.zip"], "ada",
     "ada-2026-11-22 10-30.zip"),
    (["ada/2026-11-20/a.zip", "ada/2026-11-21T09:00/a.zip"], "ada", "2026-11-21T09:00"),
])
def test_the_newest_of_a_students_versions(tmp_path, names, who, chosen):
    touch(tmp_path, *names)
    found = named(tmp_path)
    assert list(found) == [who] and found[who].source.name == chosen
    assert found[who].late == ("LATE" in chosen)


def test_students_with_numbers_for_names_are_not_versions_of_one(tmp_path):
    touch(tmp_path, "s20231104.zip", "s20231105.zip", "group-1.zip", "group-2.zip", "ada/x",
          "ada.zip", "Ada_1_assignsubmission_file_/a", "Ada_2_assignsubmission_file_/a")
    found = named(tmp_path)
    assert len(found) == 8 and len({name.casefold() for name in found}) == 8


def test_files_handed_in_one_by_one_are_one_hand_in(tmp_path):
    touch(tmp_path, "ada_7_21_gdt_load.S", "ada_7_22_tss_load-1.c", "ada_7_23_tss_load-2.c")
    ada, = handins(ROOT, tmp_path)
    files = sorted(file.name for file in ada.as_one(tmp_path).iterdir())
    assert files == ["gdt_load.S", "tss_load.c"] and ada.older == 1


@pytest.mark.parametrize("name", ["../x", "=cmd|calc", "-rf", "a\nb", "\x1b[2J", "", "." * 9,
                                  "x" * 999, "a\udcffb", "\u202etxt.exe", "Ümit Özgür"])
def test_a_folders_name_is_safe(name):
    made = safe(name)
    assert made and made[0] not in "-.=+@" and len(made.encode()) <= 80
    assert not set(made) & set("/\\\n\x1b|*?'\"` \u202e")
    assert safe("Ümit Özgür") == "Ümit-Özgür"


@pytest.mark.parametrize("names, words", [
    ([".gitkeep", "__MACOSX/x"], "there is no hand-in in it"),
    (["gdt_load.S", "tss_load.c"], "is one hand-in, not a folder of hand-ins"),
    (["lab1-boot/exercises/gdt_load.S"], "is one hand-in"),
])
def test_what_is_no_folder_of_hand_ins(tmp_path, names, words):
    touch(tmp_path, *names)
    with pytest.raises(SubmissionError, match=words):
        handins(ROOT, tmp_path)


def test_a_wrong_name_is_not_a_missing_file(tmp_path):
    pack(tmp_path / "a.tgz", {**FEW, f"{EXERCISES}/gdt_load.S.txt": b"", "notes": b""})
    found = collect(ROOT, tmp_path / "a.tgz")
    assert found.missing(f"{EXERCISES}/gdt_load.S") == "wrong name"
    assert found.missing(f"{EXERCISES}/trap_entry.S") == "missing"
    assert "gdt_load.S.txt: is no exercise's file; did you mean gdt_load.S?" in found.notes[0]
    pack(tmp_path / "b.tgz", {"tss_load (1).c": b"x"})
    with pytest.raises(SubmissionError, match=r"tss_load \(1\).c should be lab1-boot/exercises"):
        collect(ROOT, tmp_path / "b.tgz")


@pytest.mark.parametrize("kind", ["tar.xz", "tar.bz2", "7z"])
def test_other_archives_are_read_too(tmp_path, kind):
    for path, data in FEW.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(data)
    if kind == "7z" and not shutil.which("7z"):
        pytest.skip("there is no 7z here")
    words = ["7z", "a"] if kind == "7z" else ["tar", "caf"]
    subprocess.run([*words, f"a.{kind}", "lab1-boot"], cwd=tmp_path, check=True,
                   stdout=subprocess.DEVNULL)
    assert collect(ROOT, tmp_path / f"a.{kind}").files == FEW


def test_of_a_7z_no_more_is_unpacked_than_of_others(tmp_path):
    if not shutil.which("7z"):
        pytest.skip("there is no 7z here")
    (tmp_path / "zeroes").write_bytes(bytes(70 << 20))
    subprocess.run(["7z", "a", "a.7z", "zeroes"], cwd=tmp_path, check=True,
                   stdout=subprocess.DEVNULL)
    with pytest.raises(SubmissionError, match="unpacks to more than 64 MiB"):
        collect(ROOT, tmp_path / "a.7z")


# ---- what the machine lets us ----

def test_a_control_groups_quota_counts(tmp_path):
    inner = tmp_path / "groups/slice/job"
    inner.mkdir(parents=True)
    (tmp_path / "own").write_text("0::/slice/job\n")
    (tmp_path / "groups/slice/cpu.max").write_text("150000 100000\n")
    (inner / "cpu.max").write_text("max 100000\n")
    (inner / "memory.max").write_text(f"{800 << 20}\n")
    found = list(parallel.limits(str(tmp_path / "groups"), str(tmp_path / "own")))
    assert sorted(found) == [1.5, 3.2]
    (tmp_path / "own").write_text("3:cpu,cpuacct:/job\n")
    old = tmp_path / "groups/cpu,cpuacct/job"
    old.mkdir(parents=True)
    (old / "cpu.cfs_quota_us").write_text("-1\n")
    (old / "cpu.cfs_period_us").write_text("100000\n")
    assert not list(parallel.limits(str(tmp_path / "groups"), str(tmp_path / "own")))


def test_no_more_cpus_than_the_affinity(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3})
    assert parallel.cpus() == 1


def test_scratch_folders_of_killed_runs_are_swept_and_no_others(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    above = tmp_path / f"ringstep-{os.geteuid()}"
    with scratch() as ours:
        (above / "ringstep-dead/deep").mkdir(parents=True)
        (above / "ringstep-alive").mkdir()
        (tmp_path / "mine").mkdir()
        (above / "ringstep-link").symlink_to(tmp_path / "mine")
        held = lock(above / "ringstep-alive")
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))      # as in another process
        with scratch() as second:
            assert above.stat().st_mode & 0o777 == 0o700
            assert {each.name for each in above.iterdir()} == {
                ours.name, second.name, "ringstep-alive", "ringstep-link"}
        os.close(held)
    assert (tmp_path / "mine").exists()


def test_a_scratch_folder_that_is_somebody_elses_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / "theirs").mkdir()
    (tmp_path / f"ringstep-{os.geteuid()}").symlink_to(tmp_path / "theirs")
    with scratch() as ours:
        assert ours.parent == tmp_path and not list((tmp_path / "theirs").iterdir())


# ---- grading ----

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


def test_an_unchanged_hand_in_is_known_in_no_time(tmp_path):
    shutil.copytree(ROOT / "labs", tmp_path / "labs")
    best = min(timed(lambda: stamp(tmp_path)) for _ in range(5))
    assert best < 0.015, best           # on a busy machine; of an archive it is a hundredth
    before = stamp(tmp_path)
    (tmp_path / "labs/lab1-boot/main.c").write_bytes(b"x")
    assert stamp(tmp_path) != before


def timed(function):
    started = time.process_time()
    function()
    return time.process_time() - started


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


# ---- giving back ----

def roster(tmp_path, text):
    (tmp_path / "roster.csv").write_bytes(text)
    return Roster(tmp_path / "roster.csv")


@pytest.mark.parametrize("text, keys", [
    (b"Identifier,Full name,Grade\nParticipant 101,Ada Lovelace,\n", "adalovelace"),
    (b"\xef\xbb\xbf\"First name\";Surname;\"Email address\"\nAda;Lovelace;al@x.org\n", "al"),
    ("Username\tFull name\nü1\tÜmit Ö\n".encode("utf-16"), "umito"),
    ("Username,Full name\nu1,Ümit Ö\n".encode("latin-1"), "umito"),
    (b"Student,ID,SIS Login ID,Section,Lab 1 (7)\n    Points Possible,,,,100\n"
     b"\"Lovelace, Ada\",7,al,S,\n", "lovelaceada"),
    (b"identifier,github_username,github_id,name\nada,al-hub,9,Ada\n", "alhub"),
])
def test_rosters_are_read_as_platforms_write_them(tmp_path, text, keys):
    found = roster(tmp_path, text)
    student, = found.students
    assert keys in found.keys(student)


@pytest.mark.parametrize("text, words", [
    (b"", "has no column"), (b"a,b\n1,2\n", "has no column"),
    (b"Username,Full name\n", "no student"), (b"\0\xff\xfe", "has no column|is no table"),
])
def test_what_is_no_roster(tmp_path, text, words):
    with pytest.raises(SubmissionError, match=words):
        roster(tmp_path, text)


def test_two_students_of_one_name(tmp_path):
    found = roster(tmp_path, b"Identifier,Full name\nParticipant 1,Ada L\nParticipant 2,Ada L\n")
    assert len(found.matched([("a", "1", "Ada L"), ("b", "2", "Ada L")])) == 2
    with pytest.raises(SubmissionError, match="2 students are called Ada L: whose is a?"):
        found.matched([("a", "", "Ada L")])


def graded(folder, name, number, score):
    (folder / name).mkdir(parents=True)
    each = {"id": "1.1", "score": score, "state": "pass" if score else "failed"}
    (folder / name / "grade.json").write_text(json.dumps({
        "student": name, "number": number, "score": score, "points": 100, "exercises": [each]}))
    for file in ("report.txt", "report.html"):
        (folder / name / file).write_text(name)


def gradebook(tmp_path, text, lab="LAB=1"):
    (tmp_path / "roster.csv").write_text(text)
    run = make("gradebook", f"ROSTER={tmp_path}/roster.csv", f"REPORT={tmp_path}/out", lab)
    assert run.returncode == 0, run.stderr
    file = next((tmp_path / "out").glob("gradebook-*.csv"))
    with open(file, newline="", encoding="utf-8") as opened:
        return list(csv.reader(opened))


def test_moodles_worksheet_comes_back_with_grades(tmp_path):
    """It wants the columns Identifier, Grade and "Last modified (grade)" as they were."""
    graded(tmp_path / "out", "Ada L", "101", 80)
    graded(tmp_path / "out", "Bob", "102", 0)
    head = "Identifier,Full name,Grade,Maximum Grade,Last modified (grade),Feedback comments"
    table = gradebook(tmp_path, f"{head}\nParticipant 101,Ada L,,50.00,-,\n"
                                "Participant 102,=HYPERLINK(1),,50.00,-,\n"
                                "Participant 103,No Show,,50.00,-,\n")
    assert table[0] == head.split(",")
    assert table[1] == ["Participant 101", "Ada L", "40", "50.00", "-", ""]
    assert table[2] == ["Participant 102", "'=HYPERLINK(1)", "0", "50.00", "-", "1.1 failed"]
    assert table[3][2] == ""
    with zipfile.ZipFile(tmp_path / "out/feedback.zip") as packed:
        names = packed.namelist()
    assert "Ada L_101_assignsubmission_file_/report.html" in names and len(names) == 4
    for name in names:                  # as Moodle takes them apart
        who, number, subtype, plugin, _ = name.partition("/")[0].split("_", 4)
        assert number.isdigit() and (subtype, plugin) == ("assignsubmission", "file")


def test_canvas_gets_its_own_columns_back(tmp_path):
    graded(tmp_path / "out", "lovelaceada", "7", 80)
    table = gradebook(tmp_path, 'Student,ID,SIS User ID,SIS Login ID,Section,Lab 10 (8),Lab 1 (9),'
                                'Current Score\n,,,,,Manual Posting,,\n'
                                '"    Points Possible",,,,,100,100,(read only)\n'
                                '"Lovelace, Ada",7,a1,al,S,,,\n"Show, No",8,a2,ns,S,,,\n')
    assert table[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lab 1 (9)"]
    assert table[-2] == ["Lovelace, Ada", "7", "a1", "al", "S", "80"] and table[-1][-1] == ""
    assert "Points Possible" in table[2][0] and table[2][-1] == "100"


def test_a_list_of_participants_gets_a_column(tmp_path):
    graded(tmp_path / "out", "ada", "", 80)
    table = gradebook(tmp_path, "First name,Last name,Email address\nAda,L,ada@x.org\n")
    assert table == [["Email address", "First name", "Last name", "Lab 1", "Feedback comments"],
                     ["ada@x.org", "Ada", "L", "80", ""]]


def test_a_gradebook_of_nothing(tmp_path):
    (tmp_path / "roster.csv").write_text("Username,Name\na,b\n")
    run = make("gradebook", f"ROSTER={tmp_path}/roster.csv", f"REPORT={tmp_path}/out")
    assert "nothing was graded there" in run.stderr and run.returncode == 2
