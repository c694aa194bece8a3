"""The contract: numbers, structures and enums, as the course's headers have them.

What is in the headers is asked of a compiler once, and kept in the build folder until a
header changes (headers.py). GDB may bring a Python of its own: only the standard library.
"""
import hashlib
import json
import os
import re
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict, Tuple, Union

from ringstep.course.labs import CourseError
from ringstep.kernel.headers import headers

ROOT = Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Structure:
    """Its scalars by name, those of an inner structure as "registers.rip", "ist[0]"."""
    size: int
    leaves: Dict[str, Tuple[int, str]]          # (offset, letter of the module `struct`)

    def read(self, data: bytes) -> Dict[str, int]:
        return {name: struct.unpack_from("<" + letter, data, offset)[0]
                for name, (offset, letter) in self.leaves.items()}

    def offset(self, name: str) -> int:
        return self.leaves[name][0]


class Contract:
    def __init__(self, numbers: Dict[str, int], structures: Dict[str, Any],
                 enums: Dict[str, Any]) -> None:
        self.numbers, self._structures, self._enums = numbers, structures, enums

    def structure(self, name: str) -> Structure:
        found = self._structures[name]
        return Structure(found["size"], found["leaves"])

    def enum(self, name: str) -> Dict[int, str]:
        """{value: name} of an enum."""
        return {value: word for word, value in self._enums[name]["values"].items()}

    def record(self, lab: int) -> Structure:
        """What a process's record is in a lab's kernel. A later lab embeds the record of
        the labs before it as the first member of a structure of its own; so it is the last
        of that row, and what it embeds has the same names as before."""
        name, depth = "process", 0
        while True:
            outer = [(found["lab"], other) for other, found in self._structures.items()
                     if found["first"] == name and found["lab"] <= lab]
            if not outer:
                break
            name, depth = max(outer)[1], depth + 1
        whole = self.structure(name)
        embedded = next(iter(whole.leaves)).split(".")[:depth]      # "inner.process.next"
        leaves = {}
        for leaf, place in whole.leaves.items():
            parts = leaf.split(".")
            common = os.path.commonprefix([parts, embedded])
            leaves[".".join(parts[len(common):])] = place
        return Structure(whole.size, leaves)

    def states(self, lab: int) -> Dict[int, str]:
        """{value: "ready"}: the enumerators PROCESS_… of `enum process_state`, and of an
        enum that a later lab goes on with in `enum processN_state`."""
        return {value: word.replace("PROCESS_", "", 1).lower().replace("_", " ")
                for name, found in self._enums.items()
                if re.fullmatch(r"process\d*_state", name) and found["lab"] <= lab
                for word, value in found["values"].items()}


def digest(root: Path) -> str:
    """Changes with every header, and with the tool that reads them."""
    found = hashlib.sha256((Path(__file__).parent / "headers.py").read_bytes())
    for header in headers(root):
        found.update(f"{header}\n".encode() + (root / header).read_bytes())
    return found.hexdigest()[:16]


def ask_compiler(root: Path) -> str:
    """The contract as JSON, by `make contract`, which knows the compiler."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "contract.json"
        made = subprocess.run(["make", "-s", "-C", str(root), "contract", f"CONTRACT={target}"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, universal_newlines=True)
        if made.returncode:
            said = re.search(r"ringstep: (.*)", made.stdout)
            raise CourseError(said[1] if said else "make contract: " + made.stdout.strip()[:200])
        return target.read_text()


def constants(root: Union[Path, str]) -> Dict[str, int]:
    return contract(root).numbers


@lru_cache()
def contract(root: Union[Path, str] = ROOT) -> Contract:
    """The contract of a tree; of an edition, as far as its labs go."""
    root = Path(root)
    kept = root / "build/contract" / f"{digest(root)}.json"
    try:
        text = kept.read_text()
    except OSError:
        text = ask_compiler(root)
        try:
            kept.parent.mkdir(parents=True, exist_ok=True)
            part = kept.with_name(f"{kept.name}.{os.getpid()}")
            part.write_text(text)
            part.replace(kept)
        except OSError:
            pass                                # a tree that is somebody else's
    return Contract(**json.loads(text))
