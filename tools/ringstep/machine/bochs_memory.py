"""Reading the guest's memory in Bochs' own, while Bochs stands still."""
import ctypes
import os
import re
import struct
from contextlib import ExitStack, contextmanager
from typing import Iterator, List, Optional, Tuple

from ringstep.kernel.paging import Memory

BOOT_SECTOR = 0x7C00
BLOCK = 128 << 10

Range = Tuple[int, int]         # start and end of an area that Bochs has from the system


@contextmanager
def as_owner_of(pid: int) -> Iterator[None]:
    """Open files with the rights of a process's owner: in a container root may not look into
    the processes of others, and the sandbox may have made Bochs one. Of this thread only."""
    libc, owner = ctypes.CDLL(None), os.stat(f"/proc/{pid}")
    if owner.st_uid in (0, os.geteuid()):
        yield
        return
    libc.setfsgid(owner.st_gid)
    libc.setfsuid(owner.st_uid)
    try:
        yield
    finally:
        libc.setfsuid(os.geteuid())
        libc.setfsgid(os.getegid())


def memory_of(pid: int, boot_sector: bytes, mib: int, resources: ExitStack) -> Optional[Memory]:
    """A reader for the guest's memory, or None where the system does not let us
    (only Linux does). The boot sector must be there and not have run yet."""
    try:
        with as_owner_of(pid):
            fd = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
            resources.callback(os.close, fd)
            with open(f"/proc/{pid}/maps") as file:
                maps = [line.split() for line in file]
    except OSError:
        return None
    ranges = []
    for addresses, permissions, *rest in maps:
        if permissions.startswith("rw") and (len(rest) == 3 or rest[3] == "[heap]"):
            start, end = addresses.split("-")
            ranges.append((int(start, 16), int(end, 16)))
    table = find_blocks(fd, ranges, boot_sector, mib)
    if table is None:
        return None
    at = table                          # not None: known within read(), too

    def read(address: int, length: int) -> bytes:
        blocks, data = os.pread(fd, 8 * (mib << 20) // BLOCK, at), b""
        while length:
            base, = struct.unpack_from("<Q", blocks, address // BLOCK * 8)
            part = min(length, BLOCK - address % BLOCK)
            data += os.pread(fd, part, base + address % BLOCK) if base else bytes(part)
            address, length = address + part, length - part
        return data
    return Memory(read, mib << 20)


def find_blocks(fd: int, ranges: List[Range], boot_sector: bytes, mib: int) -> Optional[int]:
    """Bochs gives the guest memory in blocks of 128 KiB as it touches them, and
    keeps a table of them. Block 0 is found by the boot sector, of which not one
    byte has run yet; the table by its first entry, which points to block 0."""
    count = (mib << 20) // BLOCK
    large = [area for area in ranges if area[1] - area[0] >= mib << 20]
    small = [area for area in ranges if area not in large]
    for start, end in large:
        for base in range(start, end, 4096):
            if peek(fd, 512, base + BOOT_SECTOR) != boot_sector:
                continue
            pointer = struct.pack("<Q", base)
            for low, high in small:
                data = peek(fd, high - low, low)
                for match in re.finditer(re.escape(pointer), data):
                    table = data[match.start():match.start() + 8 * count]
                    if len(table) == 8 * count and all(
                            not block or start <= block < end and (block - base) % BLOCK == 0
                            for block, in struct.iter_unpack("<Q", table)):
                        return low + match.start()
    return None


def peek(fd: int, length: int, address: int) -> bytes:
    """Bytes of another process, none where it has no memory."""
    try:
        return os.pread(fd, length, address)
    except OSError:
        return b""
