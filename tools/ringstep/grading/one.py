"""One hand-in in, a folder of results out: whatever grades many is a loop over this."""
import argparse
import errno
import hashlib
import json
import os
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any, Collection, Dict, List, Optional

from ringstep.course.labs import exercises, labs_named
from ringstep.grading import report, report_files
from ringstep.grading.archives import DEPTH, MEMBERS
from ringstep.grading.grade import Grader
from ringstep.grading.scratch import scratch
from ringstep.grading.submission import SubmissionError, collect
from ringstep.grading.text import one_line
from ringstep.grading.verdict import GRADER_ERROR

GRADED, REFUSED, BROKEN, FULL = range(4)        # exit statuses


@lru_cache()
def course(root: Path) -> str:
    """Changes with anything of the course's."""
    hash = hashlib.sha256()
    for folder in ("grading", "labs", "solutions", "tools"):
        for file in sorted((root / folder).rglob("*")):
            if file.is_file() and not {"__pycache__", ".pristine", "mutants"} & set(file.parts):
                hash.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes())
    return hash.hexdigest()


def stamp(source: Path) -> str:
    """Changes with a hand-in, without a look at what is in it."""
    rows, depth = [(str(source), os.lstat(source))], str(source).count(os.sep) + DEPTH
    for folder, folders, files in os.walk(source):
        deeper = folder.count(os.sep) < depth
        folders[:] = sorted(set(folders) - {".git", "build"}) if deeper else []
        rows += [(name, os.lstat(os.path.join(folder, name))) for name in sorted(files)]
        if len(rows) > MEMBERS:
            break                       # it will be refused
    return hashlib.sha256(repr([(name, row.st_size, row.st_mtime_ns, row.st_ctime_ns)
                                for name, row in rows]).encode()).hexdigest()


def before(folder: Path) -> Dict[str, Any]:
    """What an earlier run has left of a hand-in."""
    try:
        data = json.loads((folder / "grade.json").read_text("utf-8"))
        return data if isinstance(data, dict) else {}
    except (OSError, ValueError):           # none, or one that was cut short
        return {}


def grade_one(root: Path, source: Path, numbers: Collection[int], folder: Path,
              known: Optional[Path] = None, **more: Any) -> int:
    """`more` is kept in grade.json. Returns an exit status; the folder has the results."""
    points = sum(each.points for each in exercises(root) if each.lab in numbers)
    more = {"submission": str(source), "labs": list(numbers), "course": course(root), **more}
    try:
        if source.is_symlink():
            raise SubmissionError(f"{source}: is a link")
        try:
            handed_in = collect(root, source, numbers)
        except PermissionError as error:
            raise SubmissionError(f"{source}: cannot be read ({error.strerror})") from None
        handed_in.theirs = True
        more["content"] = hashlib.sha256(repr((sorted(handed_in.files.items()), handed_in.notes))
                                         .encode()).hexdigest()
        old = before(folder)
        if all(old.get(name) == more[name] for name in ("content", "course", "labs")):
            report_files.put(folder / "grade.json", report_files.as_json(
                report_files.cleaned({**old, **more})))
            return GRADED
        report_files.clear(folder)
        grader = Grader(root, handed_in, numbers, known=known)
        verdicts = {grade.verdict for grade in grader.run().values()}
        if GRADER_ERROR in verdicts:
            more["course"] = ""             # it is graded again the next time
        report_files.write_all(grader, folder, warnings=report.warnings(grader), **more)
        return BROKEN if GRADER_ERROR in verdicts else GRADED
    except SubmissionError as error:
        why = str(error).replace(one_line(str(source)), one_line(source.name))
        report_files.write_refused(folder, why, points, **more)
        return REFUSED
    except Exception as error:              # ours: it is said, and does not stop the others
        if os.environ.get("RINGSTEP_DEBUG"):
            raise
        if os.strerror(errno.ENOSPC) in str(error):
            return FULL
        print(one_line(f"{source.name}: {GRADER_ERROR}: {error!r}"), file=sys.stderr)
        report_files.write_refused(folder, f"{GRADER_ERROR}, which is not the hand-in's fault",
                                   points, **{**more, "course": ""})
        return BROKEN


def main(arguments: List[str]) -> int:
    """grade-one HANDIN FOLDER [--lab N]: 0 graded, 1 refused, 2 it could not be graded, 3 the
    disk is full"""
    parser = argparse.ArgumentParser(prog="ringstep grade-one")
    parser.add_argument("handin", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lab", default="")
    options = parser.parse_args(arguments)
    root = Path.cwd()
    numbers = [lab.number for lab in labs_named(root, options.lab)]
    report_files.can_write(options.folder)
    with scratch():
        return grade_one(root, options.handin, numbers, options.folder)
