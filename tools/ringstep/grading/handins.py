"""A folder of hand-ins as learning platforms lay it out: who handed in what, and which is the
newest of a student's versions."""
import hashlib
import os
import re
import shutil
import time
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

from ringstep.course.labs import exercises
from ringstep.grading.submission import ARCHIVES, VERSION, SubmissionError, version

# Moodle takes underscores out of names, Canvas writes them small and without spaces.
MOODLE = re.compile(r"(?P<name>[^_]+)_(?P<number>\d+)_assignsubmission_(?P<kind>[a-z]+)"
                    r"(_(?P<file>.*))?", re.S)
CANVAS = re.compile(r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<number>\d+)_(?P<order>\d+)_(?P<file>.+)",
                    re.S)
# With a line between its parts, or a time behind it: else it may be a student's number.
DATE = re.compile(r"(20\d\d)([-_.]?)([01]\d)\2([0-3]\d)(?:[T _-]{1,3}([0-2]\d)[-_.:h]?([0-5]\d)"
                  r"(?:[-_.:]?([0-5]\d))?)?Z?(?!\d)")
ENDING = re.compile(r"(\.tar)?\.(gz|tgz|xz|bz2|tar|zip|7z)$")
NOT_HANDED_IN = re.compile(r"\..*|__MACOSX|Thumbs\.db|desktop\.ini", re.I)
LONGEST = 80
RESERVED = "scores.csv", "gradebook-moodle.csv", "gradebook-canvas.csv", "feedback.zip"


@dataclass
class Handin:
    source: Path
    name: str                       # the student's, as the platform writes it
    number: str = ""                # the student's, of the platform
    file: str = ""                  # what the student called it, where all lie in one folder
    order: Tuple[object, ...] = ()  # the later version has the higher one
    late: bool = False
    when: str = ""
    dated: bool = False             # its name says when it was handed in
    others: List["Handin"] = field(default_factory=list)    # files that were handed in beside it
    older: int = 0                  # versions that are not graded
    folder: str = ""                # its name among the results

    @property
    def own_name(self) -> str:
        return VERSION.sub("", self.file)

    def as_one(self, scratch: Path) -> Path:
        """The hand-in; of several files a folder with them."""
        if not self.others or self.source.is_symlink():
            return self.source
        folder = scratch / f"files-{self.folder}"
        folder.mkdir()
        for each in (self, *self.others):
            if each.source.is_file() and not each.source.is_symlink():
                shutil.copyfile(each.source, folder / each.own_name)
        return folder


def dated(name: str) -> Tuple[str, str]:
    """A name without the date in it, and the date."""
    found = DATE.search(name)
    if not found or not (found[2] or found[5]):
        return name, ""
    year, _, month, day, hour, minute, second = found.groups("00")
    rest = (name[:found.start()] + name[found.end():]).strip(" _-.")
    return rest, f"{year}-{month}-{day} {hour}:{minute}:{second}"


def entries(source: Path) -> Iterator[Handin]:
    """What an entry of the folder is; a student's folder has perhaps one for each date."""
    name, plain = source.name, ENDING.sub("", source.name)
    found = MOODLE.fullmatch(name) or CANVAS.fullmatch(name)
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(source.lstat().st_mtime))
    if found:
        said = found.groupdict("")
        typed = said.get("kind", "file") != "file"          # text, not a file
        order = (not typed, version(said["file"]), int(said.get("order") or 0))
        yield Handin(source, said["name"], said["number"], said["file"], order,
                     bool(said.get("late")), when)
        return
    folder = source.is_dir() and not source.is_symlink() and os.access(source, os.R_OK)
    inside = [each for each in source.iterdir() if not dated(ENDING.sub("", each.name))[0]] \
        if folder else []
    for each in inside:
        date = dated(each.name)[1]
        yield Handin(each, name, order=(date,), when=date, dated=True)
    if not inside:
        rest, date = dated(plain)
        yield Handin(source, rest or plain or name, order=(date, when), when=date or when,
                     dated=bool(date))


def newest(versions: List[Handin]) -> Handin:
    """Of one student's hand-ins: the last, or all files that were handed in one by one."""
    versions = [each for each in versions if each.order[0] is not False] or versions[:1]
    last = max(versions, key=lambda each: each.order)
    if not last.file:
        others: List[Handin] = []
    elif last.file.endswith(ARCHIVES):      # of two that are equally new nobody knows which
        others = [each for each in versions if each.order == last.order and each is not last]
    else:
        parts: Dict[str, Handin] = {}
        for each in sorted(versions, key=lambda each: each.order):
            parts[each.own_name] = each
        others = [each for each in parts.values() if each is not last
                  and not each.file.endswith(ARCHIVES)]
    last.others, last.older = others, len(versions) - 1 - len(others)
    return last


def safe(name: str) -> str:
    """A folder's name for whatever name, on any system."""
    kept = re.sub(r"[^\w.@+-]+", "-", unicodedata.normalize("NFC", name).encode(
        "utf-8", "replace").decode()).strip("-.+@")
    return kept.encode()[:LONGEST].decode("utf-8", "ignore") or "handin"


def handins(root: Path, directory: Path) -> List[Handin]:
    """The hand-ins of a folder, one for each student, by the names of their results."""
    files = {Path(exercise.path).name for exercise in exercises(root)}
    students: Dict[Tuple[str, str], List[Handin]] = {}
    for source in sorted(directory.iterdir()):
        if source.name in files or source.name == "labs" or (root / "labs" / source.name).is_dir():
            raise SubmissionError(f"DIR={directory}: is one hand-in, not a folder of hand-ins: it "
                                  f"has {source.name} in it; say SUBMISSION={directory}")
        if not NOT_HANDED_IN.fullmatch(source.name):
            for each in entries(source):
                # Without a number or a date, names that are alike may be two students.
                key = (each.number, "" if each.number else
                       each.name if each.dated else source.name)
                students.setdefault(key, []).append(each)
    found, taken = [], set(RESERVED)
    for key, versions in students.items():
        handin = newest(versions)
        handin.folder = safe(handin.name)
        while handin.folder.casefold() in taken:
            handin.folder += "-" + (handin.number or hashlib.sha256(
                "".join(key).encode("utf-8", "surrogateescape")).hexdigest()[:6])
        taken.add(handin.folder.casefold())
        found.append(handin)
    if not found:
        raise SubmissionError(f"DIR={directory}: there is no hand-in in it")
    return found
