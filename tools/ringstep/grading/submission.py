"""What a student hands in: exercise files, and nothing else counts.

A submission is a folder or a .tar.gz whose paths are as under labs/; where no path is,
a file's name is enough. Files that are no exercise's are ignored and named, above all
a given file that was changed; what could hurt is refused.
"""
import gzip
import io
import subprocess
import tarfile
import zipfile
import zlib
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path, PurePosixPath

from ringstep.course.labs import exercises
from ringstep.course.skeleton import digest

FILE_BYTES = 256 << 10
MEMBERS = 5000
ARCHIVE_BYTES = 16 << 20
TAR_BYTES = 64 << 20
ARCHIVES = {".gz", ".tgz", ".tar", ".zip"}
NOT_HANDED_IN = {"solutions", ".pristine", "build", ".git"}     # folders of a whole tree


class SubmissionError(Exception):
    """The submission cannot be graded; why, in one line."""


@dataclass
class Submission:
    name: str
    files: dict = field(default_factory=dict)       # path under labs/ → bytes
    notes: list = field(default_factory=list)       # what the report must mention
    loose: dict = field(default_factory=dict)       # files that have an exercise's name only: path → [(name, bytes)]


def exercise_path(name, known):
    """The exercise file that a path in a submission means, or None. Folders in
    front of the lab's are allowed: `labs/lab1-boot/…`, `handin/labs/lab1-boot/…`."""
    parts = PurePosixPath(name).parts
    for start in range(len(parts)):
        path = "/".join(parts[start:])
        if path in known:
            return None if NOT_HANDED_IN & set(parts[:start]) else path
    return None


def given_file(root, name):
    """The given file that a path in a submission means, or None."""
    parts = PurePosixPath(name).parts
    for start in range(len(parts)):
        for folder in (root, root / "labs"):
            file = folder.joinpath(*parts[start:])
            try:
                if file.is_file() and (len(parts) - start > 1 or folder == root):
                    return file
            except (OSError, ValueError):       # a name that no system takes
                pass
    return None


def changed_given(root, known):
    """The given files of a student's own tree that are not as they were handed out: an
    edition lists them, a clone has git."""
    manifest = root / "labs/given.sha256"
    if manifest.exists():
        rows = [line.split("  ", 1) for line in manifest.read_text().splitlines()]
        return [path for hash, path in rows
                if not (root / path).is_file() or digest((root / path).read_bytes()) != hash]
    git = subprocess.run(["git", "diff", "--name-only", "HEAD", "--", "labs", "grading"], cwd=root, text=True,
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return [path for path in git.stdout.split("\n")
            if path and path.partition("/")[2] not in known and "/exercises/" not in path]


def ignore(submission, root, known, name, size, read):
    """What is no exercise's file: nothing is said of one that is the course's own as it was."""
    given = given_file(root, name)
    if given and size <= FILE_BYTES and read() == given.read_bytes():
        return
    if given is None and not name.endswith(".sha256"):
        submission.notes.append(f"ignored: {name}: is no exercise's file")
        meant = next((path for path in known if PurePosixPath(path).name == PurePosixPath(name).name), None)
        if meant and size <= FILE_BYTES:
            submission.loose.setdefault(meant, []).append((name, read()))
    elif given and given.relative_to(root).parts[0] == "labs":
        submission.notes.append(f"ignored: {name}: a given file that was changed; the course's own is used")
    else:                                   # an edition has other ones than the whole tree
        submission.notes.append(f"ignored: {name}: the course's own is used")


def add(submission, root, known, name, size, read):
    path, name = exercise_path(name, known), name.encode("utf-8", "backslashreplace").decode()
    if NOT_HANDED_IN & set(PurePosixPath(name).parts):
        return
    if path is None:
        ignore(submission, root, known, name, size, read)
    elif path in submission.files:
        raise SubmissionError(f"{submission.name}: {path} is in it twice")
    elif size > FILE_BYTES:
        raise SubmissionError(f"{submission.name}: {name} has {size} bytes, more than {FILE_BYTES}")
    else:
        submission.files[path] = read()


def take_loose(submission):
    """Nothing has a path as under labs/: then the names alone say which exercise a file is."""
    for path, found in submission.loose.items():
        (name, data), *others = found
        if others:
            raise SubmissionError(f"{submission.name}: which one is {path}? There is {', '.join(name for name, _ in found[:5])}")
        submission.notes.remove(f"ignored: {name}: is no exercise's file")
        submission.notes.append(f"taken: {name}: as {path}")
        submission.files[path] = data


def only_archive(folder, known):
    """The archive in a folder, beside which no exercise file lies: learning platforms lay
    hand-ins out so, perhaps with a text. None where there is no archive."""
    files = [file for file in islice(folder.rglob("*"), MEMBERS) if file.is_file() and not file.is_symlink()]
    archives = [file for file in files if file.suffix in ARCHIVES and ".git" not in file.parts]
    names = {PurePosixPath(path).name for path in known}
    if archives and (len(archives) > 1 or any(file.name in names for file in files)):
        found = ", ".join(str(file.relative_to(folder)) for file in archives[:5])
        beside = "" if len(archives) > 1 else ", and exercise files beside it"
        raise SubmissionError(f"{folder}: which one is to be graded? There is {found}{beside}")
    return archives[0] if archives else None


def from_folder(submission, root, folder, known):
    for number, file in enumerate(sorted(folder.rglob("*"))):
        if number > MEMBERS:
            raise SubmissionError(f"{submission.name}: more than {MEMBERS} files")
        name = str(file.relative_to(folder))
        if file.is_symlink():
            if exercise_path(name, known):
                raise SubmissionError(f"{submission.name}: {name} is a link")
            submission.notes.append(f"ignored: {name}: is a link")
        elif file.is_file():
            add(submission, root, known, name, file.stat().st_size, file.read_bytes)


def unpacked(submission, file):
    """The bytes of a .tar, of which a .tar.gz is no larger than it may be."""
    with open(file, "rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    with gzip.open(file) if packed else open(file, "rb") as data:
        found = data.read(TAR_BYTES + 1)
    if len(found) > TAR_BYTES:
        raise SubmissionError(f"{submission.name}: unpacks to more than {TAR_BYTES >> 20} MiB")
    return found


def from_archive(submission, root, file, known):
    try:
        with tarfile.open(fileobj=io.BytesIO(unpacked(submission, file)), mode="r:") as archive:
            for number, member in enumerate(archive):
                if number > MEMBERS:
                    raise SubmissionError(f"{submission.name}: more than {MEMBERS} files in the archive")
                parts = PurePosixPath(member.name).parts
                if member.name.startswith("/") or ".." in parts:
                    raise SubmissionError(f"{submission.name}: {member.name} leaves the tree")
                if member.isdir():
                    continue
                if not member.isreg():
                    if exercise_path(member.name, known) or not member.issym():
                        raise SubmissionError(f"{submission.name}: {member.name} is a link or a device")
                    submission.notes.append(f"ignored: {member.name}: is a link")
                    continue
                add(submission, root, known, member.name, member.size,
                    lambda: archive.extractfile(member).read(FILE_BYTES))
    except (tarfile.TarError, EOFError, OSError, ValueError, zlib.error, RecursionError) as error:
        why = str(error).splitlines()[0] if str(error) else "it ends too early"
        raise SubmissionError(f"{submission.name}: is no .tar.gz, .tar or .zip that can be read ({why})") from None


def from_zip(submission, root, file, known):
    try:
        with zipfile.ZipFile(file) as archive:
            for number, member in enumerate(archive.infolist()):
                if number > MEMBERS:
                    raise SubmissionError(f"{submission.name}: more than {MEMBERS} files in the archive")
                if member.filename.startswith("/") or ".." in PurePosixPath(member.filename).parts:
                    raise SubmissionError(f"{submission.name}: {member.filename} leaves the tree")
                if not member.is_dir():
                    add(submission, root, known, member.filename, member.file_size,
                        lambda: archive.open(member).read(FILE_BYTES))
    except SubmissionError:
        raise
    except Exception as error:              # of a damaged one: whatever its compression's library raises
        raise SubmissionError(f"{submission.name}: is no .zip that can be read ({error})") from None


def collect(root, source, labs=None):
    """The submission that SUBMISSION= names: None is the tree's own labs/,
    "solutions" is solutions/. It must have a file of one of the labs."""
    known = {e.path: e.lab for e in exercises(root)}
    submission = Submission(str(source or "labs"))
    path = Path(source or "labs")
    if source and source != "solutions" and path.is_dir():
        path = only_archive(path, known) or path
    if source in (None, "", "solutions"):
        for file in sorted(known):
            at = root / path / file
            if at.is_file():
                add(submission, root, known, file, at.stat().st_size, at.read_bytes)
        for name in changed_given(root, known) if not source else ():
            submission.notes.append(f"changed: {name}: a given file; it is graded as it stands here, "
                                    "and a hand-in leaves your change out")
    elif path.is_dir():
        from_folder(submission, root, path, known)
    elif path.is_file():
        if path.stat().st_size > ARCHIVE_BYTES:
            raise SubmissionError(f"{path}: is larger than {ARCHIVE_BYTES >> 20} MiB")
        (from_zip if zipfile.is_zipfile(path) else from_archive)(submission, root, path, known)
    else:
        raise SubmissionError(f"{path}: there is no such folder or archive")
    if not submission.files:
        take_loose(submission)
    there = {known[file] for file in submission.files}
    if not there:
        raise SubmissionError(f"{path}: has no exercise file in it (lab1-boot/exercises/…)")
    if labs and not there & set(labs):
        raise SubmissionError(f"{path}: has no exercise file of lab {' '.join(map(str, labs))} in it, only of lab "
                              + " ".join(map(str, sorted(there))))
    return submission


def pack(root, target, labs):
    """Write the exercise files of the labs into an archive; returns their paths. An archive
    of before stays as it is until the new one is whole."""
    packed = {}
    for id, _, path in exercises(root):
        file = root / "labs" / path
        if not any(path.startswith(lab + "/") for lab in labs):
            continue
        if not file.is_file() or file.is_symlink():
            raise SubmissionError(f"labs/{path} is missing: `make reset EX={id}` brings it back")
        packed[path] = file.read_bytes()
        if len(packed[path]) > FILE_BYTES:
            raise SubmissionError(f"labs/{path} has {len(packed[path])} bytes, more than {FILE_BYTES}")
    part = target.with_name(target.name + ".part")
    with tarfile.open(part, "w:gz") as archive:
        for path, data in packed.items():
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(data), 0o644
            archive.addfile(member, io.BytesIO(data))
    part.replace(target)
    return list(packed)
