"""`make stats`: lines per folder and language."""
import collections
import os
import subprocess
from typing import Counter, Dict, List

LANGUAGES = {"C": (".c", ".h"), "assembly": (".S",), "Python": (".py",), "Markdown": (".md",)}
OTHER = "other"


def files() -> List[str]:
    """What git tracks; without git, all but what is built."""
    listed = subprocess.run(["git", "ls-files", "-z"], stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL)
    if listed.returncode == 0 and listed.stdout:
        return [os.fsdecode(name) for name in listed.stdout.split(b"\0") if name]
    found = []
    for folder, folders, names in os.walk("."):
        folders[:] = [f for f in folders if f not in ("build", "__pycache__") and f[0] != "."]
        found += [os.path.relpath(os.path.join(folder, name)) for name in names]
    return found


def count() -> Dict[str, Counter[str]]:
    rows: Dict[str, Counter[str]] = collections.defaultdict(collections.Counter)
    for name in files():
        parts = name.split("/")
        depth = 2 if parts[0] in ("labs", "solutions") and len(parts) > 2 else 1
        folder = "/".join(parts[:depth]) if len(parts) > 1 else "."
        language = next((language for language, ends in LANGUAGES.items() if name.endswith(ends)),
                        OTHER)
        if os.path.isfile(name):
            with open(name, "rb") as file:
                rows[folder][language] += file.read().count(b"\n")
    return rows


def main(_arguments: List[str]) -> int:
    rows, columns = count(), [*LANGUAGES, OTHER]
    total = sum(rows.values(), Counter[str]())
    print(f"{'lines':24}" + "".join(f"{c:>10}" for c in columns))
    for folder, lines in [*sorted(rows.items()), ("total", total)]:
        print(f"{folder:24}" + "".join(f"{lines[c] or '-':>10}" for c in columns))
    return 0
