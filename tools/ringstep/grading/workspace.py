"""A scratch copy of the course with a submission laid over it, and kernels built in it."""
import os
import re
import shutil
import struct
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from ringstep.course.skeleton import exercises
from ringstep.kernel import symbols
from ringstep.machine import sandbox

PARTS = ("Makefile", "tools/build.mk", "tools/targets.mk", "tools/hidden.h", "labs", "solutions",
         "grading/points.txt", "grading/include", "grading/lab1", "grading/lab2", "grading/lab3")
PLACEHOLDER = b"Hello, " + 32 * b"." + b"\n"        # in grading/lab3/programs/hello.c


OWN = "ring3_test", "ring3_loop_test", "ring3_privilege_test"          # as in build.mk


class BuildError(Exception):
    """The kernel could not be built; the tools' own words."""


@dataclass
class Kernel:
    elf: str
    image: str
    programs: dict = field(default_factory=dict)    # name → ELF file, in the order of the PIDs


class Workspace:
    """Use as a context manager: nothing is left of it."""

    def __init__(self, root, files):
        self.root, self.files = root, files
        self.ids = [id for id, _, _ in exercises(root)]
        self.temporary = tempfile.TemporaryDirectory(prefix="ringstep-")
        self.tree = Path(self.temporary.name)

    def __enter__(self):
        for part in PARTS:
            source, target = self.root / part, self.tree / part
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, symlinks=True,
                                ignore=shutil.ignore_patterns("__pycache__", "*.old*"))
            elif source.exists():
                shutil.copy2(source, target)
        self.reuse_objects()
        for path, data in self.files.items():
            (self.tree / "labs" / path).write_bytes(data)
        self.tree.chmod(0o777)
        return self

    def __exit__(self, *_):
        self.temporary.cleanup()

    def reuse_objects(self):
        """What was compiled from the course's own files need not be compiled again.
        Where the tree cannot be written to, it will be, in the copy."""
        subprocess.run(["make", "-s", f"-j{os.cpu_count() or 1}", "objects"], cwd=self.root,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        source = self.root / "build/gcc-Og/objects"
        if source.is_dir():
            shutil.copytree(source, self.tree / "build/gcc-Og/objects", copy_function=shutil.copy2,
                            ignore=lambda folder, names: names if Path(folder).name == "exercises"
                            and "solutions" not in Path(folder).parts else [])

    def make(self, *arguments):
        status, output = sandbox.run(["make", "-j2", *arguments], self.tree)
        return status, output.replace(str(self.tree) + "/", "")

    def build(self, lab, students, test):
        """Build a kernel in which the exercises `students` are the submission's."""
        solved = ",".join(id for id in self.ids if id not in students and int(id[0]) <= lab)
        status, output = self.make(f"LAB={lab}", f"SOLVED={solved}", *([f"TEST={test}"] if test else []))
        match = re.search(r"^lab\S+: (\S+)/ringstep\.img, kernel", output, re.M)
        if status != 0 or not match:
            raise BuildError(output)
        out = self.tree / match[1]
        return Kernel(str(out / "kernel.elf"), str(out / "ringstep.img"))

    def programs(self, lab, test):
        """The ELF files of the programs in ring 3, in the order of their PIDs."""
        names = [name for name in test.split(",") if (self.tree / f"grading/lab{lab}/programs/{name}.c").exists()]
        folder = self.tree / "build/gcc-Og/objects/programs"
        return [folder / f"{name}.elf" for name in (names or OWN)] if lab == 3 else []

    def broken(self, lab, ids):
        """The exercises of a lab that do not compile: {id: the compiler's words}."""
        paths = {id: path for id, _, path in exercises(self.root) if id in ids}
        objects = {id: f"build/gcc-Og/objects/labs/{Path(path).with_suffix('.o')}" for id, path in paths.items()}
        status, _ = self.make("-k", f"LAB={lab}", *objects.values())
        if status == 0:
            return {}
        return {id: self.make(f"LAB={lab}", object)[1] for id, object in objects.items()
                if not (self.tree / object).exists()}


def put_greeting(image, greeting):
    """Replace the dots of hello.c in a disk image."""
    data = Path(image).read_bytes()
    if PLACEHOLDER in data:
        Path(image).write_bytes(data.replace(PLACEHOLDER, greeting))


def stub_of(kernel, vector):
    """The address of a vector's stub, from the kernel's file."""
    known = symbols.load(kernel)
    return struct.unpack("<Q", known.bytes_at(known.address("trap_stubs") + 8 * vector, 8))[0]
