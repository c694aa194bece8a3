"""A class for tests: its hand-ins, and what the commands for it say."""
import csv
import io
import os
import subprocess
import tarfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
EXERCISES = "lab1-boot/exercises"
SOLVED = {f"{EXERCISES}/{file.name}": file.read_bytes()
          for file in sorted((ROOT / "solutions" / EXERCISES).iterdir())}
FEW = {path: data for path, data in SOLVED.items() if "tss_load" in path}


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
