"""The kernel's ELF loader refuses every malformed file, and loses no frame over it."""
import re
import subprocess
from pathlib import Path

from ringstep.grading.harness import Boot, Run, signed
from ringstep.machine import qemu

ROOT = Path(__file__).parent.parent


def test_malformed_programs_are_refused():
    made = subprocess.run(["make", "LAB=3", "SOLVED=all", "TEST=malformed"], cwd=ROOT, check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    out = ROOT / re.search(r"(\S+)/ringstep\.img", made)[1]
    record = qemu.boot(out / "ringstep.img", str(out / "kernel.elf"))
    observed = Run(ROOT, Boot(3), record, str(out / "kernel.elf")).observed
    results = [(what, signed(value)) for what, value in observed
               if what not in ("frames lost", "processes", "end")]
    assert len(results) == 31
    for what, result in results[:-1]:
        assert result == (-12 if what == "more memory than there is" else -8), what
    assert results[-1][0] == "as it is" and results[-1][1] > 0
    assert not any(value for what, value in observed if what in ("frames lost", "processes"))
