"""A scratch copy of the course with a submission laid over it, and kernels built in it."""
import os
import re
import shutil
import struct
import subprocess
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

from ringstep.course.labs import exercises, lab_of, labs
from ringstep.kernel import symbols
from ringstep.machine import sandbox

# What a submission's files are compiled beside; the rest comes after that, so that none
# of them can include a solution or a test.
OPEN = ("Makefile", "tools/build.mk", "tools/targets.mk", "tools/typed.mk", "tools/selection.awk",
        "tools/rules.awk", "tools/image.sh", "tools/hidden.h", "labs")
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
        self.locks = {}

    def __enter__(self):
        folders = [lab.grading for lab in labs(self.root)]
        self.copy((*OPEN, *(f"{folder}/points.txt" for folder in folders)))
        for path, data in self.files.items():
            (self.tree / "labs" / path).write_bytes(data)
        self.tree.chmod(0o777)
        self.broken = self.compile()
        self.copy(("solutions", "grading/include", *folders))
        self.reuse_objects()
        return self

    def copy(self, parts):
        for part in parts:
            source, target = self.root / part, self.tree / part
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True,
                                ignore=shutil.ignore_patterns("__pycache__", "*.old*", ".pristine"))
            elif source.exists():
                shutil.copy2(source, target)

    def __exit__(self, *_):
        self.temporary.cleanup()

    def reuse_objects(self):
        """What was compiled from the course's own files need not be compiled again.
        Where the tree cannot be written to, it will be, in the copy."""
        subprocess.run(["make", "-s", f"-j{os.cpu_count() or 1}", "objects"], cwd=self.root,
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        source = self.root / "build/gcc-Og/objects"
        if source.is_dir():
            shutil.copytree(source, self.tree / "build/gcc-Og/objects", copy_function=shutil.copy2, dirs_exist_ok=True,
                            ignore=lambda folder, names: names if Path(folder).name == "exercises"
                            and "solutions" not in Path(folder).parts else [])

    def make(self, *arguments):
        status, output = sandbox.run(["make", "-j2", *arguments], self.tree)
        return status, output.replace(str(self.tree) + "/", "")

    def build(self, lab, students, test):
        """Build a kernel in which the exercises `students` are the submission's."""
        solved = ",".join(id for id in self.ids if id not in students and lab_of(id) <= lab)
        with self.locks.setdefault((lab, solved, test), threading.Lock()):      # two boots may want the same kernel at once
            return self.build_one(lab, solved, test)

    def build_one(self, lab, solved, test):
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

    def compile(self):
        """Compile the submission's files: {id: the compiler's words} of those that do not."""
        objects = {id: f"build/gcc-Og/objects/labs/{Path(path).with_suffix('.o')}"
                   for id, _, path in exercises(self.root) if path in self.files}
        if not objects:
            return {}
        lab = f"LAB={max(map(lab_of, objects))}"          # its layers are those of all before it, too
        status, words = self.make("-k", lab, *objects.values())
        missing = {id: object for id, object in objects.items()
                   if status != 0 and not (self.tree / object).exists()}
        for id, object in missing.items():      # each alone, for its own words
            missing[id] = words if sandbox.STOPPED in words else self.make(lab, object)[1]
        return missing


def put_greeting(image, greeting):
    """Replace the dots of hello.c in a disk image."""
    data = Path(image).read_bytes()
    if PLACEHOLDER in data:
        Path(image).write_bytes(data.replace(PLACEHOLDER, greeting))


def stub_of(kernel, vector):
    """The address of a vector's stub, from the kernel's file."""
    known = symbols.load(kernel)
    return struct.unpack("<Q", known.bytes_at(known.address("trap_stubs") + 8 * vector, 8))[0]
