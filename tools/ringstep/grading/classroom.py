"""For those who run a course: hand in, hand out, open a hand-in, and grade a folder of them."""
import csv
import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any, Collection, Dict, List, NamedTuple, Optional

from ringstep.course.labs import exercises, labs_named
from ringstep.course.skeleton import is_pristine
from ringstep.grading import report, report_files
from ringstep.grading.edition import COMMON, write_edition
from ringstep.grading.grade import Grader
from ringstep.grading.registry import load_tests
from ringstep.grading.submission import SubmissionError, collect, pack
from ringstep.grading.text import cell, one_line
from ringstep.grading.verdict import GRADER_ERROR, PASS
from ringstep.grading.workspace import copy_parts

TABLE = "scores.csv"


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


def edition(root: Path, number: str) -> None:
    lab, = labs_named(root, number)
    print(f"{write_edition(root, lab.number).relative_to(root)}: labs 1 to {number}, "
          f"solutions of the labs before {number}")


def opened(root: Path, source: str) -> None:
    """Write a tree with a hand-in's exercises in it, to boot them and look at them."""
    if not source:
        raise SubmissionError("say SUBMISSION=folder or archive")
    handed_in = collect(root, source)
    target = root / "build/opened"
    shutil.rmtree(target, ignore_errors=True)
    copy_parts(root, target, [*COMMON, "labs", "solutions", "grading"], "__pycache__", "*.old*")
    for path, data in handed_in.files.items():
        (target / "labs" / path).write_bytes(data)
    print(one_line(f"{target.relative_to(root)}: this tree with the exercises of {source}"))


# ---- a folder of hand-ins ------------------------------------------------

class Row(NamedTuple):
    score: int
    points: Optional[int]       # None: it could not be graded
    remark: str


def fingerprint(root: Path, files: Dict[str, bytes], numbers: Collection[int]) -> str:
    """Changes with the submission, the labs that are graded, and anything of the course's."""
    parts = [str(sorted(numbers)).encode()]
    parts += [path.encode() + data for path, data in sorted(files.items())]
    for folder in ("grading", "labs", "solutions", "tools"):
        for file in sorted((root / folder).rglob("*")):
            if file.is_file() and not {"__pycache__", ".pristine", "mutants"} & set(file.parts):
                parts.append(file.read_bytes())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def remarks(grader: Grader) -> str:
    """What is to be said beside the score."""
    grades = grader.exercises.values()
    missing = [grade.id for grade in grades if grade.verdict != PASS]
    unsure = [grade.id for grade in grades if grade.verdict == GRADER_ERROR]
    alone = [grade.id for grade in grades if report.only_alone(grader, grade)]
    changed = sum("given file that was changed" in note for note in grader.submission.notes)
    words = []
    if unsure:
        words.append(f"could not be graded completely: {' '.join(unsure)}")
    elif missing:
        words.append(f"lost: {' '.join(missing)}")
    if alone:
        words.append(f"not beside the others: {' '.join(alone)}")
    if changed:
        words.append(f"{changed} given files were changed")
    return "; ".join(words)


def graded_before(file: Path, mark: str) -> Optional[Row]:
    """The row of an earlier run, if nothing has changed since."""
    try:
        data: Dict[str, Any] = json.loads(file.read_text("utf-8"))
        if data["fingerprint"] == mark:
            return Row(data["score"], data["points"], data["remark"])
    except (OSError, ValueError, LookupError):      # none, or one that was cut short
        pass
    return None


def grade_one(root: Path, source: Path, numbers: Collection[int], folder: Path) -> Row:
    if source.is_symlink():
        return Row(0, None, "is a link")
    try:
        handed_in = collect(root, source, numbers)
    except SubmissionError as error:
        return Row(0, None, str(error))
    mark = fingerprint(root, handed_in.files, numbers)
    before = graded_before(folder / "grade.json", mark)
    if before:
        return before
    grader = Grader(root, handed_in, numbers)
    verdicts = {grade.verdict for grade in grader.run().values()}
    row = Row(grader.score, grader.points, remarks(grader))
    # What could not be graded is tried again next time.
    more = {} if GRADER_ERROR in verdicts else {"fingerprint": mark, "remark": row.remark}
    report_files.write_all(grader, folder, **more)
    return row


def names_of(sources: List[Path]) -> Dict[Path, str]:
    """What each hand-in is called: its file's name; without its ending, where no other has
    that name, nor the table."""
    names: Dict[Path, str] = {}
    for source in sources:
        taken = {TABLE, "", *names.values()}
        short = source.name[:-7] if source.name.endswith(".tar.gz") else source.name
        name = source.name if short in taken else short
        while name in taken:
            name += "-handin"
        names[source] = name
    return names


def write_table(file: Path, rows: Dict[str, Row]) -> None:
    with open(file, "w", newline="", encoding="utf-8") as opened:
        table = csv.writer(opened)
        table.writerow(("submission", "score", "points", "remark"))
        for name, row in rows.items():          # points: of None an empty cell
            table.writerow((cell(name), row.score, row.points, cell(row.remark)))


def grade_all(root: Path, directory: Path, numbers: Collection[int], target: Path) -> int:
    """Grade each archive and folder in a folder; one report each, and a table."""
    if directory.resolve() in [target.resolve(), *target.resolve().parents]:
        raise SubmissionError(f"REPORT={target}: is within DIR={directory}, "
                              "and would be graded, too")
    report_files.can_write(target)
    sources = [path for path in sorted(directory.iterdir()) if not path.name.startswith(".")]
    rows: Dict[str, Row] = {}
    for number, (source, name) in enumerate(names_of(sources).items(), 1):
        try:
            row = grade_one(root, source, numbers, target / name)
        except Exception as error:      # ours: it is said, and does not stop the others
            if os.environ.get("RINGSTEP_DEBUG"):
                raise
            row = Row(0, None, f"grader-error: {error!r}")
        rows[name] = row
        of = "" if row.points is None else row.points
        print(one_line(f"{number} of {len(sources)}  {name:30} {row.score:>4}/{of}  {row.remark}"),
              flush=True)
        write_table(target / TABLE, rows)
    broken = [name for name, row in rows.items() if row.points is None]
    words = f", {len(broken)} of them could not be graded: {', '.join(broken)}" if broken else ""
    print(one_line(f"{target / TABLE}: {len(rows)} submissions{words}"))
    return 2 if any(row.remark.startswith("grader-error") for row in rows.values()) else 0


def grade_folder(root: Path, folder: str, number: str, report: str) -> int:
    if not folder or not Path(folder).is_dir():
        raise SubmissionError(f"DIR={folder}: there is no such folder; "
                              "say DIR=folder with the hand-ins")
    numbers = [lab.number for lab in labs_named(root, number)]
    load_tests(root, numbers)
    target = Path(report or root / "grades" / (f"lab{number}" if number else "all"))
    return grade_all(root, Path(folder), numbers, target)


def main(arguments: List[str]) -> int:
    """classroom handin [N] | edition N | open SUBMISSION | grade-all DIR N TARGET"""
    command, *words = arguments
    if command == "grade-all":
        return grade_folder(Path.cwd(), *words)
    {"handin": handin, "edition": edition, "open": opened}[command](Path.cwd(), *words or [""])
    return 0
