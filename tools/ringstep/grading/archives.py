"""The files in a folder or an archive that somebody else has packed: nothing is unpacked to
disk, and what reading costs is bounded before it is paid."""
import bz2
import gzip
import io
import lzma
import os
import re
import shutil
import struct
import tarfile
import tempfile
import zipfile
import zlib
from contextlib import contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any, Callable, Dict, Iterator, NamedTuple, Optional

from ringstep.course.labs import CourseError
from ringstep.grading.text import one_line
from ringstep.machine import sandbox

FILE_BYTES = 256 << 10
MEMBERS = 5000
DEPTH = 20                      # folders, one in the other
NAME_BYTES = 1000
ARCHIVE_BYTES = 16 << 20
TAR_BYTES = 64 << 20
FILE, LINK, OTHER = "file", "link", "other"
PACKERS: Dict[bytes, Any] = {           # by a file's first bytes
    b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}

# What the libraries raise that read damaged archives, and what is none.
DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError,
           ValueError, LookupError, OverflowError, RuntimeError, struct.error)


class SubmissionError(CourseError):
    """The submission cannot be graded; why, in one line."""

    def __str__(self) -> str:
        return one_line(super().__str__())


class Member(NamedTuple):
    name: str
    kind: str
    size: int = 0
    read: Callable[[], bytes] = bytes   # a file's bytes: of a larger one the first FILE_BYTES


def members(path: Path) -> Iterator[Member]:
    """What is in a folder or an archive; of an archive nothing that leaves the tree."""
    if not path.is_dir() and not path.is_file():
        raise SubmissionError(f"{path}: there is no such folder or archive")
    found = in_folder(path) if path.is_dir() else in_archive(path)
    for number, member in enumerate(found, 1):
        if number > MEMBERS:
            raise SubmissionError(f"{path}: more than {MEMBERS} files")
        if len(os.fsencode(member.name)) > NAME_BYTES or member.name.count("/") > DEPTH:
            raise SubmissionError(f"{path}: {member.name[:60]} … has more than {DEPTH} folders "
                                  f"or {NAME_BYTES} bytes in its name")
        if member.name.startswith("/") or ".." in member.name.split("/"):
            raise SubmissionError(f"{path}: {member.name} leaves the tree")
        yield member


def in_folder(folder: Path) -> Iterator[Member]:
    """In the order of their names. Folders count, too, or empty ones would cost without end."""
    with os.scandir(folder) as entries:
        inside = sorted(islice(entries, MEMBERS + 1), key=lambda entry: entry.name)
    for entry in inside:
        path = Path(entry.path)
        if entry.is_symlink():
            yield Member(entry.name, LINK)
        elif entry.is_dir():
            yield Member(entry.name, OTHER)
            for member in in_folder(path):
                yield member._replace(name=f"{entry.name}/{member.name}")
        elif entry.is_file():
            yield Member(entry.name, FILE, entry.stat().st_size, path.read_bytes)


def in_archive(file: Path) -> Iterator[Member]:
    if file.stat().st_size > ARCHIVE_BYTES:
        raise SubmissionError(f"{file}: is larger than {ARCHIVE_BYTES >> 20} MiB")
    with readable(file):
        with open(file, "rb") as opened:
            seven = opened.read(6) == b"7z\xbc\xaf\x27\x1c"
        yield from in_7z(file) if seven else in_zip(file) if zipfile.is_zipfile(file) \
            else in_tar(file)


@contextmanager
def readable(file: Path) -> Iterator[None]:
    try:
        yield
    except DAMAGED as error:
        why = str(error).splitlines()[0] if str(error) else "it ends too early"
        raise SubmissionError(f"{file}: is no .tar.gz, .tar.xz, .tar, .zip or .7z that can be "
                              f"read ({why})") from None


def first_bytes(file: Path, opened: Callable[[Any], Optional[IO[bytes]]], info: Any) -> bytes:
    with readable(file):
        data = opened(info)
        return data.read(FILE_BYTES) if data else b""


def unpacked(file: Path) -> bytes:
    """The bytes of a .tar, of which a .tar.gz is no larger than it may be."""
    with open(file, "rb") as raw:
        unpack = PACKERS.get(raw.read(2), open)
    with unpack(file, "rb") as data:
        found: bytes = data.read(TAR_BYTES + 1)
    if len(found) > TAR_BYTES:
        raise SubmissionError(f"{file}: unpacks to more than {TAR_BYTES >> 20} MiB")
    return found


def in_tar(file: Path) -> Iterator[Member]:
    with tarfile.open(fileobj=io.BytesIO(unpacked(file)), mode="r:") as archive:
        for info in archive:
            if not (info.isreg() or info.isdir() or info.issym()):
                raise SubmissionError(f"{info.name} is a link or a device")
            kind = FILE if info.isreg() else OTHER if info.isdir() else LINK
            yield Member(info.name, kind, info.size,
                         partial(first_bytes, file, archive.extractfile, info))


def in_zip(file: Path) -> Iterator[Member]:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            yield Member(info.filename, OTHER if info.is_dir() else FILE, info.file_size,
                         partial(first_bytes, file, archive.open, info))


def in_7z(file: Path) -> Iterator[Member]:
    """By a program that somebody else wrote: shut in, and first asked how much there is."""
    tool = next(filter(shutil.which, ("7z", "7zz", "7za", "7zr")), None)
    if not tool:
        raise SubmissionError(f"{file}: is a .7z, which nothing here can read: install p7zip-full")
    with tempfile.TemporaryDirectory(prefix="ringstep-") as folder:
        shutil.copyfile(file, Path(folder, "handin.7z"))
        sandbox.hand_over(Path(folder))
        status, listed = sandbox.run([tool, "l", "-ba", "-p", "handin.7z"], Path(folder))
        sizes = [int(size) for size in re.findall(r"^.{19} \S{5} +(\d+)", listed, re.M)]
        if sum(sizes) > TAR_BYTES or len(listed) >= sandbox.OUTPUT_BYTES:
            raise SubmissionError(f"{file}: unpacks to more than {TAR_BYTES >> 20} MiB, or to more "
                                  "files than are read")
        if status == 0:
            status, _ = sandbox.run([tool, "x", "-y", "-p", "-oout", "handin.7z"], Path(folder))
        if status != 0:
            raise ValueError("7z cannot unpack it")
        yield from in_folder(Path(folder, "out"))
