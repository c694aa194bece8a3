"""The boot path: sizes, disks and memories that are not the usual ones."""
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from ringstep.machine import qemu
from ringstep.machine.record import Limits

ROOT = Path(__file__).parent.parent


def built(lab, *arguments):
    run = subprocess.run(["make", f"LAB={lab}", "SOLVED=all", *arguments], cwd=ROOT, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    found = re.search(r"(\S+)/ringstep\.img", run.stdout)
    return run, found and ROOT / found[1]


def test_a_disk_that_ends_too_early_is_said(tmp_path):
    """On QEMU: Bochs refuses a disk without whole cylinders itself."""
    _, out = built(1)
    short = tmp_path / "short.img"
    short.write_bytes((out / "ringstep.img").read_bytes()[:4096])   # the kernel is missing
    record = qemu.boot(short)
    assert record.text == "boot: cannot read the disk\n" and (record.end,
                                                              record.status) == ("power-off", 1)


def test_a_kernel_that_is_too_large_fails_with_the_two_numbers(tmp_path):
    tree = tmp_path / "tree"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns("build", ".git"))
    (tree / "labs/lab1-boot/kernel/large.c").write_text(
        "const char large[600000] = { 1 };\n")
    run = subprocess.run(["make", "LAB=1"], cwd=tree, text=True, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE)
    words = re.search(r"the kernel has (\d+) bytes, the boot sector can load (\d+)", run.stderr)
    assert run.returncode != 0 and int(words[1]) > 600000 and int(words[2]) == 512 << 10


@pytest.mark.parametrize("mib, frames", [(8, 1500), (64, 15000), (4096, 700_000)])
def test_every_size_of_memory(mib, frames):
    _, out = built(3)
    record = qemu.boot(out / "ringstep.img", limits=Limits(mib=mib))
    assert (record.end, record.status) == ("power-off", 0), record.text
    assert int(re.search(r"all (\d+) frames are free again", record.text)[1]) > frames


def test_an_image_has_the_sections_it_should():
    _, out = built(3)
    words = subprocess.run(["readelf", "-SW", out / "kernel.elf"], stdout=subprocess.PIPE,
                           text=True).stdout
    loaded = [
        name for name, flags in re.findall(r"\] (\.\S+) +\S+ +(?:\S+ ){4,}\s*([WAXMSI]+) ", words)
        if "A" in flags
    ]
    assert [name for name in loaded if name not in (".got", ".plt", ".rela")] == \
        [".boot", ".text", ".rodata", ".data", ".bss"], words


@pytest.mark.parametrize("lab", sorted(path.name for path in (ROOT / "labs").glob("lab*")))
def test_every_target_works_in_a_lab(lab):
    for target in ("all", "files", "help"):
        run = subprocess.run(["make", target], cwd=ROOT / "labs" / lab, text=True,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert run.returncode == 0 and not run.stderr, run.stderr
        assert lab in run.stdout
