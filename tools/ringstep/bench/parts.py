"""What a grade spends its CPU time on, by program."""
import os
import subprocess
import time
from pathlib import Path
from typing import Dict, Tuple

from ringstep.bench.growth import PICTURES, board, save
from ringstep.bench.host import SUBMISSION

LOOK = 0.02                     # seconds between two looks: what a program does after its last
PARTS = {                       # one is not seen
    "qemu": "QEMU", "bochs": "Bochs", "python": "the grader", "cc1": "the compiler",
    "as": "the assembler", "ld": "the linker",
}
OTHERS = "make, the shell, …"


def part_of(program: str) -> str:
    return next((part for start, part in PARTS.items() if program.startswith(start)), OTHERS)


def of_a_grade(root: Path) -> Dict[str, float]:
    """CPU seconds of each part of `make grade` with the solutions, the dearest first."""
    import psutil
    seen: Dict[Tuple[int, float], Tuple[str, float]] = {}
    with subprocess.Popen(["make", "grade", f"SUBMISSION={SUBMISSION}"], cwd=root,
                          stdout=subprocess.DEVNULL, env={**os.environ, "RINGSTEP_SANDBOX": "none"}
                          ) as grade:
        while grade.poll() is None:
            for child in psutil.Process(grade.pid).children(recursive=True):
                try:
                    times = child.cpu_times()
                    seen[child.pid, child.create_time()] = child.name(), times.user + times.system
                except psutil.Error:        # it has ended
                    pass
            time.sleep(LOOK)
    parts: Dict[str, float] = {}
    for program, seconds in seen.values():
        parts[part_of(program)] = parts.get(part_of(program), 0) + seconds
    return dict(sorted(parts.items(), key=lambda part: -part[1]))


def picture(root: Path) -> None:
    parts, file = of_a_grade(root), root / PICTURES / "grade.svg"
    whole = sum(parts.values())
    figure, axes = board("A grade of all labs, by part", xlabel="of its CPU time, %")
    bars = axes.barh([*parts], [100 * seconds / whole for seconds in parts.values()])
    axes.bar_label(bars, fmt=" %.0f %%")
    axes.invert_yaxis()
    axes.margins(x=0.12)
    save(figure, file)
    print(f"{file.relative_to(root)}:")
    for part, seconds in parts.items():
        print(f"    {part:<28}{seconds:6.2f} s")
