"""The boot path on machines, processors, disks and sizes of memory that are not the usual ones."""
import os
import re
import select
import subprocess
import time
from pathlib import Path

import pytest

from ringstep.machine import bochs
from ringstep.machine.record import Limits

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parent.parent
END = r"No process is left, all \d+ frames are free again. Shutting down."
NO_64_BIT = "boot: this processor has no 64-bit mode or no NX bit"
NO_MAP = "boot: the BIOS gives no memory map"
NO_MEMORY = "boot: this machine has too little memory for the kernel"
NO_SERVICE = "boot: the BIOS has no extended disk service for this drive"
DISK_ERROR = "boot: cannot read the disk"
NO_A20 = "boot: address line 20 cannot be opened"
PATIENCE = 120          # seconds; a run ends as soon as its last line is there


@pytest.fixture(scope="module")
def image() -> Path:
    made = subprocess.run(["make", "LAB=3", "SOLVED=all"], cwd=ROOT, check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    return ROOT / re.search(r"\S+/ringstep\.img", made)[0]


def qemu(image: Path, last: str, *arguments: str) -> str:
    """What QEMU's serial port says, up to the line `last`: not every machine goes off then."""
    drive = f"file={image},format=raw,snapshot=on,"
    command = ["qemu-system-x86_64", "-display", "none", "-serial", "stdio", "-no-reboot",
               "-nic", "none", "-icount", "shift=8,sleep=off",
               *(drive + word[1:] if word.startswith(",") else word for word in arguments)]
    text, until = "", time.monotonic() + PATIENCE
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as machine:
        while not re.search(f"^{last}\r?\n", text, re.M) and time.monotonic() < until:
            if select.select([machine.stdout], [], [], 1)[0]:
                data = os.read(machine.stdout.fileno(), 65536)
                if not data:
                    break
                text += data.decode("latin-1").replace("\r", "")
        machine.kill()
    return text


def expect(text: str, last: str) -> None:
    assert re.search(f"^{last}\n", text, re.M), text
    assert last == END or text == last + "\n", text     # a failure is one line and nothing else


@pytest.mark.parametrize("machine", ["pc", "q35", "isapc"])
@pytest.mark.parametrize("cpu, mib, last", [
    ("qemu64", 64, END), ("qemu64", 16, END), ("qemu64", 4, END), ("qemu64", 2, NO_MEMORY),
    ("max", 64, END), ("pentium3", 64, NO_64_BIT), ("486", 64, NO_64_BIT),
])
def test_on_qemu(image, machine, cpu, mib, last):
    expect(qemu(image, last, "-M", machine, "-cpu", cpu, "-m", str(mib), "-drive", ",if=ide"), last)


@pytest.mark.parametrize("cpu, mib, last", [
    ("corei3_cnl", 4, END), ("corei3_cnl", 2, NO_MEMORY), ("athlon64_clawhammer", 64, END),
    ("bx_generic", 64, END), ("ryzen", 64, END),
    ("pentium", 64, NO_64_BIT), ("p3_katmai", 64, NO_64_BIT),
])
def test_on_bochs(image, cpu, mib, last, monkeypatch):
    monkeypatch.setattr(bochs, "CONFIGURATION", bochs.CONFIGURATION.replace("corei3_cnl", cpu))
    record = bochs.boot(str(image), limits=Limits(mib=mib))
    expect(record.text, last)
    assert record.end == "power-off"


@pytest.mark.parametrize("name, last, arguments", [
    ("USB 1 stick", END, ["-drive", ",if=none,id=d", "-device", "piix3-usb-uhci",
                          "-device", "usb-storage,drive=d"]),
    ("USB 3 stick", END, ["-drive", ",if=none,id=d", "-device", "qemu-xhci",
                          "-device", "usb-storage,drive=d"]),
    ("SCSI", END, ["-drive", ",if=none,id=d", "-device", "lsi", "-device", "scsi-hd,drive=d"]),
    ("virtio", END, ["-drive", ",if=virtio"]),
    ("AHCI", END, ["-M", "q35", "-drive", ",if=ide"]),
    ("floppy", NO_SERVICE, ["-drive", ",if=floppy"]),
])
def test_disks(image, name, last, arguments, tmp_path):
    if name == "floppy":
        whole, image = image, tmp_path / "floppy.img"
        image.write_bytes(whole.read_bytes().ljust(1474560, b"\0"))
    expect(qemu(image, last, "-m", "64", *arguments), last)


# ---- patched images: what no emulator does by itself ----

CLOSE_A20 = bytes.fromhex("eb01 90 e492 24fd e692 eb33")     # at the start, in the hole for the BPB
BY_BIOS, BY_PORT, BY_KEYBOARD = (bytes.fromhex(code) for code in
                                 ("b80124 cd15", "e492 0c02 24fe e692", "b0df e660"))


def patched(image: Path, tmp_path: Path, *changes) -> Path:
    """A copy in which bytes that are there once in the boot code are others."""
    data = bytearray(image.read_bytes())
    for old, new in changes:
        assert data[:0x800].count(old) == 1 and len(old) == len(new), old.hex()
        at = data.index(old)
        data[at:at + len(new)] = new
    path = tmp_path / "patched.img"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("without, last", [
    ([], END), ([BY_BIOS], END), ([BY_BIOS, BY_PORT], END),
    ([BY_BIOS, BY_PORT, BY_KEYBOARD], NO_A20),
])
def test_address_line_20_is_opened(image, tmp_path, without, last):
    changes = [(code, b"\x90" * len(code)) for code in without]
    closed = patched(image, tmp_path, (image.read_bytes()[:len(CLOSE_A20)], CLOSE_A20), *changes)
    expect(qemu(closed, last, "-m", "64", "-drive", ",if=ide"), last)


@pytest.mark.parametrize("what, old, new, last", [
    ("int 13h gives another signature", "81fb55aa", "81fb55ab", NO_SERVICE),
    ("no packet interface", "f6c101", "f6c180", NO_SERVICE),
    ("the disk cannot be read", "b442cd13", "b4eecd13", DISK_ERROR),
    ("no memory map", "66b820e80000", "66b820ee0000", NO_MAP),
    ("EAX is not the signature", "663d50414d53", "663d50414d54", NO_MAP),
    ("no leaf 8000_0001h", "663d01000080", "663d010000ff", NO_64_BIT),
])
def test_each_failure_is_one_line(image, tmp_path, what, old, new, last):
    changed = patched(image, tmp_path, (bytes.fromhex(old), bytes.fromhex(new)))
    expect(qemu(changed, last, "-m", "64", "-drive", ",if=ide"), last)


def test_the_image_looks_like_a_disk(image):
    """What a PC's BIOS asks of a stick: a hole for the BPB, an active partition, a signature."""
    sector = image.read_bytes()[:512]
    assert sector[0] == 0xEB and sector[2] == 0x90 and sector[2:62].strip(b"\0") == b"\x90"
    status, kind = sector[446], sector[450]
    first, count = (int.from_bytes(sector[at:at + 4], "little") for at in (454, 458))
    assert (status, first) == (0x80, 1) and kind
    assert sector[462:] == bytes(48) + b"\x55\xaa"
    assert 4 + image.with_name(image.name + ".kernel").stat().st_size // 512 <= first + count \
        <= image.stat().st_size // 512
