"""What was seen under this seed before: no kernel is booted twice, and no hand-in graded twice.

It lies in a folder of the grading run's own, which ends with it.
"""
import hashlib
import os
import pickle
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Dict, Optional

from ringstep.grading.registry import TESTS, Test
from ringstep.grading.verdict import Finding


@dataclass
class Seen:
    """What remains of a boot on one emulator."""
    findings: Dict[str, Finding]        # by test
    hangs: bool
    stopped_in: str


class Pickler(pickle.Pickler):
    """A test is kept by its name."""

    def persistent_id(self, what: Any) -> Optional[str]:
        return what.name if isinstance(what, Test) else None


class Unpickler(pickle.Unpickler):
    def persistent_load(self, name: Any) -> Test:
        return next(test for test in TESTS if test.name == name)


class Known:
    def __init__(self, folder: Optional[Path]):
        self.folder = folder

    def file(self, what: object) -> Optional[Path]:
        """`what`: everything that the result rests on."""
        return self.folder and self.folder / hashlib.sha256(repr(what).encode()).hexdigest()

    def get(self, what: object) -> Any:
        file = self.file(what)
        if not file or not file.exists():
            return None
        with open(file, "rb") as opened:
            return Unpickler(opened).load()

    def put(self, what: object, result: object) -> None:
        file = self.file(what)
        if file:
            handle, part = tempfile.mkstemp(dir=file.parent)
            with os.fdopen(handle, "wb") as opened:
                Pickler(opened).dump(result)
            os.replace(part, file)
