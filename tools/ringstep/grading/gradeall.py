"""Grading a folder of hand-ins: a loop over grade-one, each in a process of its own."""
import csv
import ctypes
import errno
import io
import os
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Collection, Dict, Iterable, List

from ringstep.course.labs import by_number, exercises, labs_named
from ringstep.grading import report_files
from ringstep.grading.command import points_notes
from ringstep.grading.gradebook import Roster
from ringstep.grading.handins import Handin, handins
from ringstep.grading.one import BROKEN, FULL, GRADED, REFUSED, before, course, grade_one, stamp
from ringstep.grading.parallel import cpus
from ringstep.grading.registry import load_tests
from ringstep.grading.scratch import scratch
from ringstep.grading.submission import SubmissionError
from ringstep.grading.text import cell, one_line
from ringstep.grading.verdict import GRADER_ERROR, PASS
from ringstep.grading.workspace import Workspace

Row = Dict[str, Any]
KILLED = 99                     # exit status
SET_PDEATHSIG = 1
ROOM = 256 << 10                # for the results of a hand-in
NO_ROOM = os.strerror(errno.ENOSPC)


def solutions_pass(root: Path, numbers: List[int], target: Path, known: Path) -> None:
    """Before an hour is spent: a test that the solutions fail would take everybody's points."""
    folder = target / ".solutions"
    if not any((root / "solutions" / each.path).exists() for each in exercises(root)
               if each.lab in numbers):
        return                          # an edition
    data = before(folder)
    if (data.get("course"), data.get("labs")) != (course(root), numbers):
        print("the solutions first", flush=True)
        if grade_one(root, root / "solutions", numbers, folder, known) == FULL:
            raise SubmissionError(f"{tempfile.gettempdir()}: {NO_ROOM}")
    failed = [f"{test['name']} of {each['id']}" for each in before(folder).get("exercises", ())
              for test in each["tests"] if test["verdict"] != PASS]
    if failed or before(folder).get("refused"):
        raise SubmissionError("no hand-in was graded: the solutions fail "
                              f"{', '.join(failed) or 'to be graded'} (see {folder}/report.txt)")


def row_of(handin: Handin, data: Dict[str, Any]) -> Row:
    """What scores.csv says of a hand-in, from its grade.json."""
    refused = data.get("refused", "")
    verdict = "refused" if refused else "graded" if data else GRADER_ERROR
    if not data.get("course"):
        verdict = GRADER_ERROR
    states = {each["id"]: each for each in data.get("exercises", ())}
    older = f"{handin.source.name} is the newest of {handin.older + 1} versions" \
        if handin.older else ""
    row = {"submission": handin.folder, "name": handin.name, "number": handin.number,
           "score": data["score"] if states else "", "points": data.get("points", ""),
           "verdict": verdict, "late": "late" if handin.late else "", "handed in": handin.when,
           "warnings": "; ".join(filter(None, [refused, older, *data.get("warnings", ())]))}
    for id, each in states.items():
        row[id], row[f"{id} verdict"] = each["score"], each["state"]
    return row


def write_table(file: Path, rows: Collection[Row]) -> None:
    own = {name for row in rows for name in row if name[0].isdigit()}
    names = ["submission", "name", "number", "score", "points", "verdict",
             *sorted(own, key=lambda name: (by_number(name.split()[0]), name)),
             "late", "handed in", "warnings"]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(names)
    for row in rows:
        cells = [row.get(name, "") for name in names]
        table.writerow(each if isinstance(each, int) else cell(each) for each in cells)
    report_files.put(file, text.getvalue())


def sweep(target: Path, found: Iterable[Handin]) -> None:
    """No report outlives its hand-in."""
    kept = {".solutions", *(each.folder for each in found)}
    for folder in target.iterdir():
        source = before(folder).get("submission") if folder.name not in kept else None
        if isinstance(source, str) and not os.path.lexists(source):
            shutil.rmtree(folder)
            print(one_line(f"{folder.name}: the hand-in is gone, and so is its report"))


class Class:
    def __init__(self, root: Path, numbers: List[int], target: Path, scratch: Path,
                 found: List[Handin], missing: List[Row]):
        self.root, self.numbers, self.target, self.scratch = root, numbers, target, scratch
        self.missing, self.started, self.written, self.done = missing, time.monotonic(), 0.0, 0
        self.stamps = {each.folder: "".join(stamp(one.source) for one in (each, *each.others))
                       for each in found}
        self.rows = {each.folder: row_of(each, self.data(each)) for each in found
                     if self.is_unchanged(each)}
        self.waiting = [each for each in found if each.folder not in self.rows]
        self.count = len(self.waiting)

    def data(self, handin: Handin) -> Dict[str, Any]:
        return before(self.target / handin.folder)

    def is_unchanged(self, handin: Handin) -> bool:
        data = self.data(handin)
        return (data.get("stamp"), data.get("labs"), data.get("course")) == (
            self.stamps[handin.folder], self.numbers, course(self.root))

    def grade(self, handin: Handin) -> int:
        try:
            source = handin.as_one(self.scratch)
        except OSError as error:
            return FULL if error.errno == errno.ENOSPC else BROKEN
        return grade_one(
            self.root, source, self.numbers, self.target / handin.folder, self.scratch,
            submission=str(handin.source), stamp=self.stamps[handin.folder], student=handin.name,
            number=handin.number, handed_in=handin.when, late=handin.late)

    def start(self, handin: Handin) -> int:
        """Grade it in a process of its own, which ends when we do; its number."""
        sys.stdout.flush()
        process = os.fork()
        if process == 0:
            try:
                signal.signal(signal.SIGINT, signal.getsignal(signal.SIGTERM))
                if sys.platform == "linux":
                    ctypes.CDLL(None).prctl(SET_PDEATHSIG, signal.SIGTERM)
                os.environ["RINGSTEP_CPUS"] = "1"
                os._exit(self.grade(handin))
            finally:
                os._exit(KILLED)
        return process

    def run(self, jobs: int) -> None:
        running: Dict[int, Handin] = {}
        try:
            if self.waiting:
                with Workspace(self.root, {}):      # what all of them need is made once, before
                    pass
            while self.waiting or running:
                while self.waiting and len(running) < jobs:
                    handin = self.waiting.pop(0)
                    running[self.start(handin)] = handin
                process, status = os.wait()
                self.finished(running.pop(process), os.waitstatus_to_exitcode(status))
        finally:
            for process in running:
                os.kill(process, signal.SIGTERM)
            for process in running:
                os.waitpid(process, 0)
            self.write()

    def finished(self, handin: Handin, status: int) -> None:
        if status == FULL:
            raise SubmissionError(f"{handin.folder}: {NO_ROOM}, in {self.target} or in "
                                  f"{tempfile.gettempdir()}. What was graded is kept: make room, "
                                  "and type it again")
        if status not in (GRADED, REFUSED, BROKEN):         # it was killed
            report_files.clear(self.target / handin.folder)
        row = self.rows[handin.folder] = row_of(handin, self.data(handin))
        self.done += 1
        left = (time.monotonic() - self.started) / self.done * (self.count - self.done) / 60
        lost = " ".join(id for id, state in row.items() if row.get(f"{id} verdict", PASS) != PASS)
        verdict = "" if row["verdict"] == "graded" else row["verdict"]
        said = "; ".join(filter(None, [f"lost: {lost}" if lost else verdict, row["warnings"],
                                       f"{left:.0f} min to go" if left > 1 else ""]))
        print(one_line(f"{self.done} of {self.count}  {handin.folder:30} {row['score']:>4}/"
                       f"{row['points']}  {said}"), flush=True)
        if time.monotonic() > self.written + 2:
            self.write()

    def write(self) -> None:
        self.written = time.monotonic()
        rows = [self.rows[name] for name in self.stamps if name in self.rows]
        write_table(self.target / "scores.csv", [*rows, *self.missing])


def folder_of(directory: str) -> Path:
    if not directory or not Path(directory).is_dir():
        raise SubmissionError(f"DIR={directory}: there is no such folder; "
                              "say DIR=folder with the hand-ins")
    return Path(directory)


def grade_part(root: Path, directory: str, number: str, target: Path, part: int) -> int:
    """One hand-in of a folder, by its number: for those who share them out. 0: how many."""
    found = handins(root, folder_of(directory))
    if part == 0:
        print(len(found))
        return 0
    with scratch() as folder:
        ours = Class(root, [lab.number for lab in labs_named(root, number)], target, folder,
                     found[part - 1:part], [])
        return max(map(ours.grade, ours.waiting), default=0)


def grade_all(root: Path, directory: str, number: str, target: Path, roster: str,
              jobs: str) -> int:
    """Grade each hand-in of a folder: results for each, and a table."""
    where, numbers = folder_of(directory), [lab.number for lab in labs_named(root, number)]
    if jobs not in ("", "gather") and not (jobs.isdecimal() and int(jobs)):
        raise SubmissionError(f"JOBS={jobs}: is no number of hand-ins to grade at a time")
    if where.resolve() in [target.resolve(), *target.resolve().parents]:
        raise SubmissionError(f"REPORT={target}: is within DIR={where}, and would be graded, too")
    for note in points_notes(root, numbers, load_tests(root, numbers)):
        raise SubmissionError(note)
    found = handins(root, where)
    missing: List[Row] = []
    if roster:
        students = Roster(Path(roster))
        missing = [{"submission": "", "name": students.name(line), "number": students.number(line),
                    "verdict": "nothing handed in"} for line in students.missing(
                        (each.folder, each.number, each.name) for each in found)]
    report_files.can_write(target)
    if shutil.disk_usage(target).free < ROOM * len(found):
        raise SubmissionError(f"REPORT={target}: {NO_ROOM} for the results of {len(found)} "
                              "hand-ins")
    with scratch() as folder:
        if jobs != "gather":
            solutions_pass(root, numbers, target, folder)
        sweep(target, found)
        os.environ["SEED"] = os.environ.get("SEED") or os.urandom(8).hex()      # one for all
        ours = Class(root, numbers, target, folder, found, missing)
        if jobs == "gather":                    # each that is not there could not be graded
            ours.rows.update((each.folder, row_of(each, {})) for each in ours.waiting)
            ours.write()
        else:
            ours.run(int(jobs or cpus()))
    broken = [name for name, row in ours.rows.items() if row["verdict"] != "graded"]
    words = f", {len(broken)} of them could not be graded: {', '.join(broken)}" if broken else ""
    print(one_line(f"{target}/scores.csv: {len(found)} hand-ins, {len(found) - ours.count} as "
                   f"before{words}"))
    return 1 if broken else 0
