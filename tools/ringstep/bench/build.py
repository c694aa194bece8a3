"""Kernels of the finished course, built by make in the tree itself."""
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import List

from ringstep.course.labs import CourseError


@dataclass(frozen=True)
class Built:
    image: str
    kernel: str
    programs: List[str]             # ELF files


def make(root: Path, *arguments: str) -> str:
    """What `make` prints; CourseError with its own words where it fails."""
    run = subprocess.run(["make", *arguments], cwd=root, text=True, stdin=subprocess.DEVNULL,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if run.returncode != 0:
        raise CourseError(run.stdout.strip())
    return run.stdout


def build(root: Path, lab: int, test: str = "", opt: str = "") -> Built:
    """A lab's kernel with all solutions; `opt` is another OPT=."""
    more = [f"{name}={value}" for name, value in (("TEST", test), ("OPT", opt)) if value]
    found = re.search(r"(\S+)/ringstep\.img", make(root, f"LAB={lab}", "SOLVED=all", *more))
    if not found:
        raise CourseError(f"make LAB={lab} names no image")
    folder = root / found[1]
    names = re.findall(r"^\$\(objects\)(/programs/\w+\.elf):",
                       (folder / "selection.mk").read_text(), re.M)
    programs = [f"{folder.parents[1]}/objects{name}" for name in names]
    return Built(str(folder / "ringstep.img"), str(folder / "kernel.elf"), programs)
