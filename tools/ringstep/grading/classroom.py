"""For those who run a course: hand in, hand out, open a hand-in, and grade a folder of them."""
import argparse
import shutil
from pathlib import Path
from typing import List

from ringstep.course.labs import exercises, labs_named
from ringstep.course.skeleton import is_pristine
from ringstep.grading import edition
from ringstep.grading.gradeall import grade_all, grade_part
from ringstep.grading.gradebook import gradebook
from ringstep.grading.submission import SubmissionError, collect, pack
from ringstep.grading.text import one_line
from ringstep.grading.workspace import copy_parts


def handin(root: Path, number: str) -> None:
    """Pack a student's exercise files, of one lab or of all."""
    target = root / (f"handin-lab{number}.tar.gz" if number else "handin.tar.gz")
    packed = pack(root, target, labs_named(root, number))
    known = {exercise.path: exercise for exercise in exercises(root)}
    for path, data in packed.items():
        print(f"  {path}{'   (not written yet)' if is_pristine(root, known[path], data) else ''}")
    for file in sorted((root / "labs").glob("lab*/exercises/*")):
        if str(file.relative_to(root / "labs")) not in known:
            print(one_line(f"  left out, no exercise's file: {file.relative_to(root / 'labs')}"))
    print(target.relative_to(root))


def opened(root: Path, source: str) -> None:
    """Write a tree with a hand-in's exercises in it, to boot them and look at them."""
    if not source:
        raise SubmissionError("say SUBMISSION=folder or archive")
    handed_in = collect(root, source)
    target = root / "build/opened"
    shutil.rmtree(target, ignore_errors=True)
    copy_parts(root, target, [*edition.COMMON, "labs", "solutions", "grading"],
               "__pycache__", "*.old*")
    for path, data in handed_in.files.items():
        (target / "labs" / path).write_bytes(data)
    print(one_line(f"{target.relative_to(root)}: this tree with the exercises of {source}"))


def grading(words: List[str]) -> int:
    """grade-all and its like, as make calls them."""
    parser = argparse.ArgumentParser(prog="ringstep classroom")
    parser.add_argument("command")
    for name in ("dir", "lab", "report", "roster", "jobs", "part"):
        parser.add_argument(f"--{name}", default="")
    said = parser.parse_args(words)
    root = Path.cwd()
    target = Path(said.report or root / "grades" / (f"lab{said.lab}" if said.lab else "all"))
    if said.command == "gradebook":
        gradebook(target, said.roster, f"Lab {said.lab}" if said.lab else "Ringstep")
        return 0
    if said.part:
        return grade_part(root, said.dir, said.lab, target, int(said.part))
    return grade_all(root, said.dir, said.lab, target, said.roster,
                     "gather" if said.command == "gather" else said.jobs)


def main(arguments: List[str]) -> int:
    """classroom handin [N] | edition N | open SUBMISSION | grade-all … | gather … | gradebook …"""
    command, *words = arguments
    if command in ("grade-all", "gather", "gradebook"):
        return grading(arguments)
    if command == "edition":
        edition.main(Path.cwd(), labs_named(Path.cwd(), words[0])[0], words[1:])
        return 0
    {"handin": handin, "open": opened}[command](Path.cwd(), *words or [""])
    return 0
