"""`make demo-attacks`: each attack against a kernel without the defence, and with it."""
import shutil
import sys
import tempfile
import textwrap
from importlib import import_module
from itertools import zip_longest
from pathlib import Path
from typing import Any, List

from ringstep.grading.hostile import Seen, boot, judge, make, rows_of
from ringstep.grading.mutants import changed
from ringstep.grading.workspace import Kernel

WIDTH, LINES = 48, 12
HARMLESS = "it ended as it must; the neighbour and the kernel go on"


def column(title: str, kernel: Kernel, row: str, then: str) -> List[str]:
    """What the kernel prints of the attack, and what came of it, as the machine tells it."""
    rows, seen = rows_of(kernel), Seen()
    names = [each.name for each in rows]
    at = names.index(row)
    run = boot("qemu", kernel, (0, at, 1, at + 1))
    judge(run, names, rows, seen)
    printed = [line for line in run.text.splitlines() if "PID 2" in line or "PANIC" in line]
    wrong = [words.replace(f"{row}: ", "") for words in seen.wrong]
    outcome = [then, *wrong] if wrong else [HARMLESS]
    lines = [part for line in (*printed, *(f"=> {words}" for words in outcome))
             for part in textwrap.wrap(line, WIDTH, subsequent_indent="   ")]
    return [*textwrap.wrap(title, WIDTH), "-" * WIDTH, *lines[:LINES]]


def weakened(tree: Path, attack: Any) -> Kernel:
    for file, find, put in attack.weak:
        path = tree / file
        path.write_bytes(changed(path.read_text("utf-8"), find, put, f"{attack.title}, {file}"))
    return make(tree)


def main(_arguments: List[str]) -> int:
    root = Path.cwd()
    sys.path.append(str(root))
    finished = make(root)
    for attack in import_module("grading.hostile.attacks").ATTACKS:
        with tempfile.TemporaryDirectory(prefix="ringstep-") as folder:
            tree = Path(folder) / "tree"
            shutil.copytree(root, tree, symlinks=True, ignore=shutil.ignore_patterns(
                ".git", "__pycache__", "handouts"))
            kernel = weakened(tree, attack)
            left = column(f"without: {attack.without}", kernel, attack.row, attack.then)
        right = column("the finished kernel", finished, attack.row, "")
        print(f"\n{attack.title}: {attack.row}")
        for one, other in zip_longest(left, right, fillvalue=""):
            print(f"  {one:{WIDTH}} | {other}".rstrip())
    return 0
