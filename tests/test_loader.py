"""The kernel's ELF loader refuses every malformed file, and loses no frame over it."""
import re
import subprocess
from pathlib import Path

from ringstep.grading.harness import Boot, Run, signed
from ringstep.machine import qemu

ROOT = Path(__file__).parent.parent
COUNTS = "frames lost", "processes", "null page mapped"         # all of them 0


def test_malformed_programs_are_refused():
    made = subprocess.run(["make", "LAB=3", "SOLVED=all", "TEST=malformed"], cwd=ROOT, check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    out = ROOT / re.search(r"(\S+)/ringstep\.img", made)[1]
    record = qemu.boot(out / "ringstep.img", str(out / "kernel.elf"))
    observed = Run(ROOT, Boot(3), record, str(out / "kernel.elf")).observed
    results = [(what, signed(value)) for what, value in observed
               if what not in COUNTS and what != "end"]
    assert len(results) == 36
    for what, result in results[:-2]:
        assert result == (-12 if what == "more memory than there is" else -8), what
    assert [what for what, _ in results[-2:]] == ["an empty segment in the null page", "as it is"]
    assert all(pid > 0 for _, pid in results[-2:])
    assert not any(value for what, value in observed if what in COUNTS)
