"""What a student hands in: exercise files, and nothing else counts.

A submission is a folder or an archive whose paths are as under labs/; where no path is,
a file's name is enough. Files that are no exercise's are ignored and named, above all
a given file that was changed; what could hurt is refused.
"""
import hashlib
import io
import re
import subprocess
import tarfile
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path, PurePosixPath
from typing import Collection, Dict, List, Optional, Union

from ringstep.course.labs import Lab, exercises, exercises_of
from ringstep.course.skeleton import digest
from ringstep.grading.archives import (FILE, FILE_BYTES, LINK, OTHER, Member, SubmissionError,
                                       members)
from ringstep.grading.text import one_line

__all__ = ["FILE_BYTES", "Submission", "SubmissionError", "collect", "pack"]

ARCHIVES = (".gz", ".tgz", ".xz", ".bz2", ".tar", ".zip", ".7z")
VERSION = re.compile(r" ?\((\d+)\)(?=\.)|[-_ ]v?(\d+)(?=(?:\.tar)?\.\w+$)")    # "a-2.zip"
NOT_HANDED_IN = {"solutions", ".pristine", "build", ".git", "demo"}     # folders of a whole tree
# Whatever an edition has of these is its own.
SILENT = {"README.md", "handouts", "tools", ".github", ".gitlab-ci.yml"}
HANDIN = re.compile(r"(.*/)?handin(-lab\d+)?\.tar\.gz")
MOST = 100              # of strange names so many are looked at
NAMED = 5               # of many files so many are named


@dataclass
class Submission:
    name: str
    files: Dict[str, bytes] = field(default_factory=dict)   # by their path under labs/
    notes: List[str] = field(default_factory=list)          # what the report must mention
    near: Dict[str, str] = field(default_factory=dict)      # path → the wrong name that it has
    theirs: bool = False        # the report is read where there is no other tree than its author's

    def note(self, what: str, name: str, why: str) -> None:
        self.notes.append(f"{what}: {one_line(name)}: {why}")

    def missing(self, path: str) -> str:
        return "" if path in self.files else "wrong name" if path in self.near else "missing"


class Collector:
    """Takes what counts out of a folder or an archive."""

    def __init__(self, root: Path, name: str, known: Collection[str], by_name: bool = False):
        self.root, self.by_name = root, by_name
        self.known = {path: PurePosixPath(path).parts[-1 if by_name else 0:] for path in known}
        self.submission = Submission(name)
        self.names: Dict[str, str] = {}         # of the files that are taken, by their paths
        self.strange: List[str] = []            # names that are nothing's
        self.asked = 0                          # how often git was asked

    def refuse(self, why: str) -> None:
        raise SubmissionError(f"{self.submission.name}: {why}")

    def exercise_path(self, name: str) -> Optional[str]:
        """The exercise file that a path in a submission means, or None. Folders in front of
        the lab's are allowed: `labs/lab1-boot/…`, `handin/labs/lab1-boot/…`."""
        parts = PurePosixPath(name).parts
        return next((path for path, own in self.known.items() if parts[-len(own):] == own), None)

    def take(self, member: Member) -> None:
        name, path = member.name, self.exercise_path(member.name)
        if member.kind == OTHER or NOT_HANDED_IN & set(PurePosixPath(name).parts):
            return
        if member.kind == LINK:
            if path:
                self.refuse(f"{name} is a link or a device")
            self.submission.note("ignored", name, "is a link")
        elif path is None:
            self.ignore(member)
        elif path in self.names:
            self.refuse(f"{path} is in it twice; which one is it? There is {self.names[path]}, "
                        f"{name}")
        elif member.size > FILE_BYTES:
            self.refuse(f"{name} has {member.size} bytes, more than {FILE_BYTES}")
        else:
            self.names[path], self.submission.files[path] = name, member.read()
            if self.by_name:
                self.submission.note("taken", name, f"as {path}")

    def near(self, name: str) -> str:
        """Which file that is missing is meant by a name like "gdt_load (1).S.txt"."""
        own = PurePosixPath(name).name
        names = {PurePosixPath(path).name: path for path in self.known
                 if path not in self.submission.files}
        found = own not in names and get_close_matches(
            own.lower(), {each.lower() for each in names}, 1, 0.75)
        return next((path for each, path in names.items()
                     if found and each.lower() == found[0]), "")

    def ignore(self, member: Member) -> None:
        """What is no exercise's file: nothing is said of one that is the course's own as it was."""
        name, given = member.name, self.given_file(member.name)
        if SILENT & set(PurePosixPath(name).parts) or HANDIN.fullmatch(name):
            return
        if given is None:
            if not name.endswith(".sha256"):
                self.strange.append(name)
            return
        part = given.relative_to(self.root).parts[0]
        if not self.is_ours(member, given):
            changed = "a given file that was changed; " if part == "labs" else ""
            self.submission.note("ignored", name, f"{changed}the course's own is used")

    def is_ours(self, member: Member, given: Path) -> bool:
        """Whether it is, or was at some time, what the course has handed out."""
        if member.size > FILE_BYTES:
            return False
        text = member.read().replace(b"\r\n", b"\n")
        if digest(text) == digest(given.read_bytes()):
            return True
        self.asked += 1
        blob = hashlib.sha1(b"blob %d\0%b" % (len(text), text)).hexdigest()
        return self.asked < MOST and subprocess.run(
            ["git", "cat-file", "-e", blob], cwd=self.root, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def finish(self) -> Submission:
        for number, name in enumerate(self.strange):
            near = self.near(name) if number < MOST and len(name) < MOST else ""
            why = f"; did you mean {PurePosixPath(near).name}?" if near else ""
            self.submission.note("ignored", name, "is no exercise's file" + why)
            if near:
                self.submission.near[near] = one_line(name)
        return self.submission

    def given_file(self, name: str) -> Optional[Path]:
        """The given file that a path in a submission means, or None."""
        parts = PurePosixPath(name).parts
        for start in range(len(parts)):
            for folder in (self.root, self.root / "labs"):
                file = folder.joinpath(*parts[start:])
                try:
                    if file.is_file() and (len(parts) - start > 1 or folder == self.root):
                        return file
                except (OSError, ValueError):       # a name that no system takes
                    pass
        return None


def version(name: str) -> int:
    found = VERSION.search(name)
    return int(found[1] or found[2]) if found else 0


def newest(names: List[str]) -> List[str]:
    """Of "handin.zip", "handin (1).zip" the last; of other names all."""
    of_one = len({VERSION.sub("", name) for name in names}) == 1
    return [max(names, key=version)] if of_one and len(set(map(version, names))) > 1 else names


def only_archive(folder: Path, known: Collection[str]) -> Optional[Path]:
    """The archive in a folder, beside which no exercise file lies: learning platforms lay
    hand-ins out so, perhaps with a text. None where there is no archive."""
    files = [member.name for member in members(folder) if member.kind == FILE]
    archives = newest([name for name in files if name.endswith(ARCHIVES)
                       and ".git" not in PurePosixPath(name).parts])
    names = {PurePosixPath(path).name for path in known}
    beside = any(PurePosixPath(name).name in names for name in files)
    if any(name.endswith("labs/given.sha256") for name in files):
        archives = [name for name in archives if not HANDIN.fullmatch(name)]
        beside = beside and bool(archives)      # what a whole tree has packed is no other one
    if archives and (len(archives) > 1 or beside):
        also = "" if len(archives) > 1 else ", and exercise files beside it"
        raise SubmissionError(f"{folder}: which one is to be graded? "
                              f"There is {', '.join(archives[:NAMED])}{also}")
    return folder / archives[0] if archives else None


def changed_given(root: Path, known: Collection[str]) -> List[str]:
    """The given files of a student's own tree that are not as they were handed out: an
    edition lists them, a clone has git."""
    manifest = root / "labs/given.sha256"
    if manifest.exists():
        rows = [line.split("  ", 1) for line in manifest.read_text("utf-8").splitlines()]
        return [path for hash, path in rows
                if not (root / path).is_file() or digest((root / path).read_bytes()) != hash]
    git = subprocess.run(["git", "diff", "-z", "--name-only", "HEAD", "--", "labs", "grading"],
                         cwd=root, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL)
    names = git.stdout.decode("utf-8", "surrogateescape").split("\0")
    return [path for path in names
            if path and path.partition("/")[2] not in known and "/exercises/" not in path]


def from_tree(root: Path, folder: str, known: Collection[str]) -> Submission:
    """What stands in the tree itself: in labs/ or in solutions/."""
    collector = Collector(root, folder, known)
    for path in sorted(known):
        file = root / folder / path
        if file.is_file():
            collector.take(Member(path, FILE, file.stat().st_size, file.read_bytes))
    for name in changed_given(root, known) if folder == "labs" else ():
        collector.submission.note("changed", name, "a given file; it is graded as it stands "
                                                   "here, and a hand-in leaves your change out")
    return collector.submission


def from_outside(root: Path, path: Path, known: Collection[str]) -> Submission:
    """A folder or an archive, or a folder with an archive in it. Where nothing has a path as
    under labs/, the names alone say which exercise it is."""
    source = path.is_dir() and only_archive(path, known) or path
    for by_name in (False, True):
        collector = Collector(root, str(path), known, by_name)
        for member in members(source):
            collector.take(member)
        if collector.names:
            break
    submission = collector.finish()
    if VERSION.search(source.name) and source != path:
        submission.note("taken", source.name, "the newest version")
    return submission


def collect(root: Path, source: Union[str, Path, None],
            labs: Optional[Collection[int]] = None) -> Submission:
    """The submission that SUBMISSION= names: None is the tree's own labs/,
    "solutions" is solutions/. It must have a file of one of the labs."""
    known = {exercise.path: exercise.lab for exercise in exercises(root)}
    if source in (None, "", "solutions"):
        submission = from_tree(root, str(source or "labs"), known)
    else:
        submission = from_outside(root, Path(str(source)), known)
    there = {known[file] for file in submission.files}
    if not there:
        wrong = "".join(f"; {name} should be {path}" for path, name in submission.near.items())
        raise SubmissionError(f"{submission.name}: has no exercise file in it "
                              f"({min(known, default='labs')} …){wrong[:500]}")
    if labs and not there & set(labs):
        raise SubmissionError(f"{submission.name}: has no exercise file of lab "
                              f"{' '.join(map(str, labs))} in it, only of lab "
                              f"{' '.join(map(str, sorted(there)))}")
    return submission


def pack(root: Path, target: Path, labs: Collection[Lab]) -> Dict[str, bytes]:
    """Write the exercise files of the labs into an archive; returns them by their paths. An
    archive of before stays as it is until the new one is whole."""
    packed = {}
    for id, _, path in (exercise for lab in labs for exercise in exercises_of(root, lab)):
        file = root / "labs" / path
        if not file.is_file() or file.is_symlink():
            raise SubmissionError(f"labs/{path} is missing: `make reset EX={id}` brings it back")
        packed[path] = file.read_bytes()
        if len(packed[path]) > FILE_BYTES:
            raise SubmissionError(f"labs/{path} has {len(packed[path])} bytes, "
                                  f"more than {FILE_BYTES}")
    part = target.with_name(target.name + ".part")
    with tarfile.open(part, "w:gz") as archive:
        for path, data in packed.items():
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(data), 0o644
            archive.addfile(member, io.BytesIO(data))
    part.replace(target)
    return packed
