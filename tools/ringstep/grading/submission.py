"""What a student hands in: exercise files, and nothing else counts.

A submission is a folder or a .tar.gz whose paths are as under labs/. Files that
are no exercise's are ignored and named; what could hurt is refused.
"""
import io
import tarfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ringstep.course.skeleton import exercises

FILE_BYTES = 256 << 10
MEMBERS = 5000
ARCHIVE_BYTES = 16 << 20


class SubmissionError(Exception):
    """The submission cannot be graded; why, in one line."""


@dataclass
class Submission:
    name: str
    files: dict = field(default_factory=dict)       # path under labs/ → bytes
    ignored: list = field(default_factory=list)     # names, as sentences


def exercise_path(name, known):
    """The exercise file that a path in a submission means, or None. Folders in
    front of the lab's are allowed: `labs/lab1-boot/…`, `handin/labs/lab1-boot/…`."""
    parts = PurePosixPath(name).parts
    for start in range(len(parts)):
        path = "/".join(parts[start:])
        if path in known:
            return path
    return None


def add(submission, known, name, size, read):
    path = exercise_path(name, known)
    if path is None:
        submission.ignored.append(f"{name}: is no exercise's file")
    elif path in submission.files:
        raise SubmissionError(f"{submission.name}: {path} is in it twice")
    elif size > FILE_BYTES:
        raise SubmissionError(f"{submission.name}: {name} has {size} bytes, more than {FILE_BYTES}")
    else:
        submission.files[path] = read()


def from_folder(submission, folder, known):
    for number, file in enumerate(sorted(folder.rglob("*"))):
        if number > MEMBERS:
            raise SubmissionError(f"{submission.name}: more than {MEMBERS} files")
        name = str(file.relative_to(folder))
        if file.is_symlink():
            if exercise_path(name, known):
                raise SubmissionError(f"{submission.name}: {name} is a link")
            submission.ignored.append(f"{name}: is a link")
        elif file.is_file():
            add(submission, known, name, file.stat().st_size, file.read_bytes)


def from_archive(submission, file, known):
    total = 0
    try:
        with tarfile.open(file, "r:*") as archive:
            for number, member in enumerate(archive):
                total += member.size
                if number > MEMBERS or total > ARCHIVE_BYTES:
                    raise SubmissionError(f"{submission.name}: more than {MEMBERS} files or "
                                          f"{ARCHIVE_BYTES >> 20} MiB in the archive")
                parts = PurePosixPath(member.name).parts
                if member.name.startswith("/") or ".." in parts:
                    raise SubmissionError(f"{submission.name}: {member.name} leaves the tree")
                if member.isdir():
                    continue
                if not member.isreg():
                    raise SubmissionError(f"{submission.name}: {member.name} is a link or a device")
                add(submission, known, member.name, member.size,
                    lambda: archive.extractfile(member).read(FILE_BYTES))
    except (tarfile.TarError, EOFError, OSError, ValueError) as error:
        raise SubmissionError(f"{submission.name}: is no archive that can be read "
                              f"({str(error).splitlines()[0] if str(error) else 'it ends too early'})") from None


def collect(root, source):
    """The submission that SUBMISSION= names: None is the tree's own labs/,
    "solutions" is solutions/."""
    known = {path for _, _, path in exercises(root)}
    submission = Submission(str(source or "labs"))
    path = Path(source or "labs")
    if source in (None, "", "solutions"):
        for file in sorted(known):
            at = root / path / file
            if at.is_file():
                add(submission, known, file, at.stat().st_size, at.read_bytes)
    elif path.is_dir():
        from_folder(submission, path, known)
    elif path.is_file():
        if path.stat().st_size > ARCHIVE_BYTES:
            raise SubmissionError(f"{path}: is larger than {ARCHIVE_BYTES >> 20} MiB")
        from_archive(submission, path, known)
    else:
        raise SubmissionError(f"{path}: there is no such folder or archive")
    if not submission.files:
        raise SubmissionError(f"{path}: has no exercise file in it (lab1-boot/exercises/…)")
    return submission


def pack(root, target, labs):
    """Write the exercise files of the labs into an archive; returns their paths."""
    packed = []
    with tarfile.open(target, "w:gz") as archive:
        for id, _, path in exercises(root):
            file = root / "labs" / path
            if not any(path.startswith(lab + "/") for lab in labs):
                continue
            if not file.is_file() or file.is_symlink():
                raise SubmissionError(f"labs/{path} is missing: `make reset EX={id}` brings it back")
            data = file.read_bytes()
            if len(data) > FILE_BYTES:
                raise SubmissionError(f"labs/{path} has {len(data)} bytes, more than {FILE_BYTES}")
            member = tarfile.TarInfo(path)
            member.size, member.mode = len(data), 0o644
            archive.addfile(member, io.BytesIO(data))
            packed.append(path)
    return packed
