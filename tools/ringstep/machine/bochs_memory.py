"""Where Bochs keeps the guest's memory in its own."""
import os
import re
import struct

BOOT_SECTOR = 0x7C00
BLOCK = 128 << 10


def peek(fd, length, address):
    """Bytes of another process, none where it has no memory."""
    try:
        return os.pread(fd, length, address)
    except OSError:
        return b""


def find_blocks(fd, ranges, boot_sector, mib):
    """Bochs gives the guest memory in blocks of 128 KiB as it touches them, and
    keeps a table of them. Block 0 is found by the boot sector, of which not one
    byte has run yet; the table by its first entry, which points to block 0."""
    count = (mib << 20) // BLOCK
    large = [r for r in ranges if r[1] - r[0] >= mib << 20]
    small = [r for r in ranges if r not in large]
    for start, end in large:
        for base in range(start, end, 4096):
            if peek(fd, 512, base + BOOT_SECTOR) != boot_sector:
                continue
            pointer = struct.pack("<Q", base)
            for low, high in small:
                data = peek(fd, high - low, low)
                for match in re.finditer(re.escape(pointer), data):
                    table = data[match.start():match.start() + 8 * count]
                    entries = struct.unpack(f"<{count}Q", table) if len(table) == 8 * count else [1]
                    if all(not b or start <= b < end and (b - base) % BLOCK == 0 for b in entries):
                        return low + match.start()
    return None
