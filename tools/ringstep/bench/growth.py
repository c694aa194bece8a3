"""What things cost as processes and memory become many, and a picture of each curve.

grading/lab3/growth.c counts by the time-stamp counter, on QEMU: its guest's clock takes a
fixed time for each instruction. QEMU counts one turn more than Bochs for each `rep`.
"""
import re
import subprocess
from pathlib import Path
from typing import Any, Dict, List, Tuple

from ringstep.bench.build import build
from ringstep.course.labs import CourseError
from ringstep.machine import qemu

TEST = "growth,calls"
TICKS = 256                     # of the time-stamp counter, an instruction: see qemu.py
MEMORY = [64, 256, 1024, 4096, 8192]        # MiB
FEW = 100                       # processes, at which memories are compared
PICTURES = "handouts/pictures"

Curves = Dict[str, List[Tuple[int, int]]]       # what → (how many, instructions)


def boot(image: str, mib: int, most: int) -> Curves:
    """One run, ended once it has measured beside `most` processes (0: to its own end)."""
    curves: Curves = {}
    processes = 0
    with subprocess.Popen([*qemu.command(image, mib=mib), "-serial", "stdio", "-monitor", "none"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.DEVNULL) as process:
        assert process.stdout
        for line in process.stdout:
            count = re.match(r"processes (\d+)", line)
            cost = re.match(r"([a-z_]+[^:]*): (\d+)$", line)
            processes = int(count[1]) if count else processes
            if cost:
                curves.setdefault(cost[1], []).append((processes, int(cost[2]) // TICKS))
            if most and processes > most:
                break
        process.kill()
    if not curves:
        raise CourseError("make bench-pictures: the kernel of growth.c has measured nothing")
    return curves


def by_processes(root: Path, mib: int = MEMORY[-1], most: int = 0) -> Curves:
    return boot(build(root, 3, TEST).image, mib, most)


def by_memory(root: Path) -> Curves:
    """The same beside FEW processes, by MiB of memory."""
    curves: Curves = {}
    image = build(root, 3, TEST).image
    for mib in MEMORY:
        for what, points in boot(image, mib, FEW).items():
            curves.setdefault(what, []).append((mib, dict(points)[FEW]))
    return curves


def board(title: str, **labels: Any) -> Tuple[Any, Any]:
    """A figure and its axes."""
    import matplotlib
    matplotlib.use("svg")
    from matplotlib import pyplot
    matplotlib.rcParams.update({"svg.hashsalt": "ringstep", "svg.fonttype": "none", "font.size": 10,
                                "font.family": "DejaVu Sans"})
    figure, axes = pyplot.subplots(figsize=(7.2, 4.2))
    axes.set(title=title, **labels)
    axes.grid(alpha=0.3)
    return figure, axes


def save(figure: Any, file: Path) -> None:
    """As an SVG that is the same each time for the same figures."""
    figure.savefig(file, format="svg", bbox_inches="tight", metadata={"Date": None})
    file.write_text(re.sub(r"[ \t]+$", "", file.read_text(), flags=re.M))


def draw(curves: Curves, title: str, along: str, file: Path) -> None:
    figure, axes = board(title, xlabel=along, ylabel="guest instructions")
    for what, points in curves.items():
        axes.loglog(*zip(*points), marker="o", markersize=4, label=what)
    axes.set_ylim(10, None)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False, fontsize=9)
    save(figure, file)


def pictures(root: Path) -> None:
    """Measure, and draw both."""
    for curves, name, title, along in (
            (by_processes(root), "growth_processes", "Beside many processes", "processes"),
            (by_memory(root), "growth_memory", f"Beside {FEW} processes", "MiB of memory")):
        file = root / PICTURES / f"{name}.svg"
        draw(curves, title, along, file)
        print(f"{file.relative_to(root)}:")
        for what, points in curves.items():
            print(f"    {what:<28}" + "  ".join(f"{count:,}: {cost:,}" for count, cost in points))
