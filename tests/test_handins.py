"""Hand-ins as platforms lay them out: whose they are, and what of them is read."""
import os
import shutil
import subprocess

import pytest
from class_folder import EXERCISES, FEW, ROOT, pack

from ringstep.grading import parallel
from ringstep.grading.handins import handins, safe
from ringstep.grading.scratch import lock, scratch
from ringstep.grading.submission import SubmissionError, collect


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
