"""make bench, make bench-accept, make bench-pictures, and the part of it in make check.

    python3 -m ringstep bench [check | accept | pictures]
"""
import json
import sys
from pathlib import Path
from typing import Callable, Dict, List

from ringstep.bench import budget, growth, guest, host, parts
from ringstep.bench.build import build
from ringstep.course.labs import CourseError


def show(counts: guest.Counts, fast: guest.Counts) -> None:
    print(f"{'guest instructions':<52}{'-Og':>11}{'-O2':>11}")
    for name, number in counts.items():
        print(f"{name:<52}{number:>11,}{fast[name]:>11,}", flush=True)


def run(root: Path) -> int:
    """All of it, as a table and as build/bench.json."""
    rows = guest.rows(root)
    counts, fast = guest.count(root, rows), guest.count(root, rows, "-O2")
    show(counts, fast)
    figures = host.measure(root)
    file = root / "build/bench.json"
    file.write_text(json.dumps({"for": made_by(root), "instructions": counts,
                                "instructions with -O2": fast, "host": figures}, indent=1) + "\n")
    print(f"written to {file.relative_to(root)}")
    return 0


def made_by(root: Path) -> str:
    return budget.tools(build(root, 1).kernel)


def check(root: Path) -> int:
    """Compare with the budget, where it is for the tools that are here."""
    names, allowed = budget.read(root)
    if names != made_by(root):
        print(f"budget: it is for {names}, here are {made_by(root)}: not compared")
        return 0
    sentences = list(budget.over(allowed, guest.count(root, guest.rows(root))))
    print("\n".join(sentences) or f"budget: {len(allowed)} rows, none costs over 2 % more",
          file=sys.stderr if sentences else sys.stdout)
    return 1 if sentences else 0


def accept(root: Path) -> int:
    """Make what things cost now the budget, and say what has changed."""
    before = budget.read(root)[1] if (root / budget.FILE).exists() else {}
    counts = guest.count(root, guest.rows(root))
    budget.write(root, made_by(root), counts)
    for name, number in counts.items():
        if before.get(name) != number:
            print(f"{name}: {before.get(name, 0):,} → {number:,}")
    return 0


def pictures(root: Path) -> int:
    growth.pictures(root)
    parts.picture(root)
    return 0


COMMANDS: Dict[str, Callable[[Path], int]] = {
    "": run, "check": check, "accept": accept, "pictures": pictures,
}


def main(arguments: List[str]) -> int:
    command = COMMANDS.get(" ".join(arguments))
    if not command:
        raise CourseError("bench: check, accept, pictures, or nothing more")
    return command(Path.cwd())
