"""The files in a folder or an archive that somebody else has packed: nothing is unpacked to
disk, and what reading costs is bounded before it is paid."""
import gzip
import io
import lzma
import os
import struct
import tarfile
import zipfile
import zlib
from itertools import islice
from pathlib import Path
from typing import Callable, Iterator, NamedTuple

from ringstep.grading.text import one_line

FILE_BYTES = 256 << 10
MEMBERS = 5000
DEPTH = 20                      # folders, one in the other
NAME_BYTES = 1000
ARCHIVE_BYTES = 16 << 20
TAR_BYTES = 64 << 20
FILE, LINK, OTHER = "file", "link", "other"

# What the libraries raise that read damaged archives, and what is none.
DAMAGED = (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError,
           ValueError, LookupError, OverflowError, RuntimeError, struct.error)


class SubmissionError(Exception):
    """The submission cannot be graded; why, in one line."""

    def __str__(self) -> str:
        return one_line(super().__str__())


class Member(NamedTuple):
    name: str
    kind: str
    size: int
    read: Callable[[], bytes]   # a file's bytes: of a larger one the first FILE_BYTES


def nothing() -> bytes:
    return b""


def members(path: Path) -> Iterator[Member]:
    """What is in a folder or an archive; of an archive nothing that leaves the tree."""
    if path.is_dir():
        found = in_folder(path)
    elif not path.is_file():
        raise SubmissionError(f"{path}: there is no such folder or archive")
    elif path.stat().st_size > ARCHIVE_BYTES:
        raise SubmissionError(f"{path}: is larger than {ARCHIVE_BYTES >> 20} MiB")
    else:
        found = in_zip(path) if zipfile.is_zipfile(path) else in_tar(path)
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
            yield Member(entry.name, LINK, 0, nothing)
        elif entry.is_dir():
            yield Member(entry.name, OTHER, 0, nothing)
            for member in in_folder(path):
                yield member._replace(name=f"{entry.name}/{member.name}")
        elif entry.is_file():
            yield Member(entry.name, FILE, entry.stat().st_size, path.read_bytes)


def unpacked(file: Path) -> bytes:
    """The bytes of a .tar, of which a .tar.gz is no larger than it may be."""
    with open(file, "rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
    with gzip.open(file) if packed else open(file, "rb") as data:
        found = data.read(TAR_BYTES + 1)
    if len(found) > TAR_BYTES:
        raise SubmissionError(f"{file}: unpacks to more than {TAR_BYTES >> 20} MiB")
    return found


def in_tar(file: Path) -> Iterator[Member]:
    try:
        with tarfile.open(fileobj=io.BytesIO(unpacked(file)), mode="r:") as archive:
            for info in archive:
                yield tar_member(archive, info)
    except DAMAGED as error:
        why = str(error).splitlines()[0] if str(error) else "it ends too early"
        raise SubmissionError(f"{file}: is no .tar.gz, .tar or .zip that can be read "
                              f"({why})") from None


def tar_member(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Member:
    def read() -> bytes:
        data = archive.extractfile(info)
        return data.read(FILE_BYTES) if data else b""
    if info.isreg():
        return Member(info.name, FILE, info.size, read)
    if info.isdir():
        return Member(info.name, OTHER, 0, nothing)
    if info.issym():
        return Member(info.name, LINK, 0, nothing)
    raise SubmissionError(f"{info.name} is a link or a device")


def in_zip(file: Path) -> Iterator[Member]:
    try:
        with zipfile.ZipFile(file) as archive:
            for info in archive.infolist():
                yield zip_member(archive, info)
    except DAMAGED as error:
        raise SubmissionError(f"{file}: is no .zip that can be read ({error})") from None


def zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Member:
    def read() -> bytes:
        with archive.open(info) as data:
            return data.read(FILE_BYTES)
    return Member(info.filename, OTHER if info.is_dir() else FILE, info.file_size, read)
