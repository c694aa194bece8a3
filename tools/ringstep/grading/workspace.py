"""A scratch copy of the course, in which a submission's exercises are compiled, and kernels
are linked that have some of them."""
import itertools
import re
import shutil
import subprocess
import tempfile
import threading
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Collection, Dict, Iterable, List, Tuple

from ringstep.course.labs import Exercise, exercises, labs
from ringstep.course.skeleton import declared, pristine
from ringstep.grading import objects
from ringstep.grading.parallel import cpus, workers
from ringstep.machine import sandbox
from ringstep.machine.record import MachineError

# What a submission's files are compiled beside; the rest comes after that, so that none
# of them can include a solution or a test.
OPEN = ("Makefile", "tools", "labs")
NOT_NEEDED = ("__pycache__", "*.old*", ".pristine", "ringstep", "gdb", "handouts")

COMMANDS: Dict[Path, Dict[str, objects.Command]] = {}       # of a tree; it stays as it is

UNFINISHED = re.compile(r"\.(?:o|ld|elf|seen|tar)\.[0-9a-f]*\d(?:\.\w+)?$")    # see build.mk


class BuildError(Exception):
    """The kernel could not be built; the tools' own words."""


@dataclass
class Kernel:
    elf: str
    image: str
    programs: Dict[str, str] = field(default_factory=dict)  # name → ELF file, in order of PIDs


def copy_parts(root: Path, target: Path, parts: Iterable[str], *without: str) -> None:
    """Copy files and folders of a tree, those that are there."""
    for part in parts:
        source, copy = root / part, target / part
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, symlinks=True, dirs_exist_ok=True,
                            ignore=shutil.ignore_patterns(*without))
        elif source.exists():
            shutil.copy2(source, copy)


@lru_cache()
def compile_course(root: Path) -> None:
    """Once for all hand-ins. Where the tree cannot be written to, each copy will be compiled."""
    subprocess.run(["make", "-s", f"-j{cpus()}", "objects"], cwd=root, stdin=subprocess.DEVNULL,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=sandbox.ENVIRONMENT)


class Workspace:
    """Use as a context manager: nothing is left of it."""

    def __init__(self, root: Path, files: Dict[str, bytes]):
        self.root, self.files = root, files
        self.exercises, self.labs = exercises(root), labs(root)
        self.temporary = tempfile.TemporaryDirectory(prefix="ringstep-")
        self.tree = Path(self.temporary.name)
        self.numbers = itertools.count()
        self.places: Dict[Tuple[int, str, str], Tuple[int, threading.Lock]] = {}
        self.broken: Dict[str, str] = {}        # id → the words of what does not compile
        self.refused: Dict[str, str] = {}       # id → why its file is not taken
        self.objects: List[str] = []            # of the submission, ready to be linked
        self.built = ""                         # the folder of all objects

    def __enter__(self) -> "Workspace":
        try:
            self.prepare()
        except shutil.Error as error:           # of many files: the first says it
            self.temporary.cleanup()
            _, target, why = error.args[0][0]
            raise MachineError(f"{target}: {str(why).partition(': ')[0]}") from None
        except BaseException:
            self.temporary.cleanup()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.temporary.cleanup()

    def prepare(self) -> None:
        folders = [lab.grading for lab in self.labs]
        lists = [f"{folder}/exercises.txt" for folder in folders]
        copy_parts(self.root, self.tree, [*OPEN, *lists], *NOT_NEEDED)
        for exercise in self.exercises:
            (self.tree / "labs" / exercise.path).write_text(pristine(self.root, exercise), "utf-8")
        sandbox.hand_over(self.tree)
        self.compile()
        copy_parts(self.root, self.tree, ["solutions", "grading/include", *folders], *NOT_NEEDED)
        self.reuse_objects()
        sandbox.hand_over(self.tree)

    # ---- the submission's objects ----

    def compile_commands(self) -> Dict[str, objects.Command]:
        """How the build compiles the exercises, by source."""
        commands = COMMANDS.get(self.root) or {}
        if not commands:
            status, printed = self.make("-s", f"LAB={self.labs[-1].number}", "compile-command")
            commands = objects.commands(printed) if status == 0 else {}
            if not commands:
                raise MachineError("the build does not say how it compiles: "
                                   f"{printed.strip()[-500:]}")
            COMMANDS[self.root] = commands
        # Of an exercise for ring 3 the object lies in a folder more.
        self.built = min((command.object[:-len(Path(source).with_suffix(".o").as_posix())]
                          for source, command in commands.items()), key=len)
        return commands

    def compile(self) -> None:
        commands, compiler = self.compile_commands(), objects.Compiler(self.tree)
        handed_in = [exercise for exercise in self.exercises if exercise.path in self.files]
        for exercise in handed_in:
            (self.tree / "labs" / exercise.path).write_bytes(self.files[exercise.path])

        def one(exercise: Exercise) -> None:
            command = commands["labs/" + exercise.path]
            (self.tree / command.object).parent.mkdir(parents=True, exist_ok=True)
            try:
                compiler.compile(command, declared(pristine(self.root, exercise), exercise.path))
            except objects.Refused as why:
                self.refused[exercise.id] = str(why)
            except objects.Broken as words:
                self.broken[exercise.id] = str(words)
            else:
                self.objects.append(command.object)

        with workers() as pool:
            list(pool.map(one, handed_in))

    # ---- kernels ----

    def reuse_objects(self) -> None:
        """What was compiled from the course's own files need not be compiled again."""
        compile_course(self.root)
        source = self.root / self.built
        if source.is_dir():
            shutil.copytree(source, self.tree / self.built, dirs_exist_ok=True,
                            ignore=not_to_be_taken)

    def make(self, *arguments: str) -> Tuple[int, str]:
        status, output = sandbox.run(["make", "-j2", *arguments], self.tree)
        return status, output.replace(str(self.tree) + "/", "")

    def ids_of(self, lab: int) -> List[str]:
        return [exercise.id for exercise in self.exercises if exercise.lab == lab]

    def has_solutions(self, lab: int) -> bool:
        """An edition has none of its own lab."""
        return any((self.root / "solutions" / exercise.path).exists()
                   for exercise in self.exercises if exercise.lab == lab)

    def build(self, lab: int, students: Collection[str], test: str) -> Kernel:
        """Build a kernel in which the exercises `students` are the submission's."""
        solved = ",".join(e.id for e in self.exercises if e.id not in students and e.lab <= lab)
        number, lock = self.places.setdefault((lab, solved, test),
                                              (next(self.numbers), threading.Lock()))
        with lock:                      # two boots may want the same kernel at once
            return self.link(lab, solved, test, f"build/kernels/{number}")

    def link(self, lab: int, solved: str, test: str, out: str) -> Kernel:
        # The submission's objects are as they are: make never looks at their sources again.
        ready = [word for object in self.objects for word in ("-o", object)]
        status, output = self.make(*ready, f"LAB={lab}", f"SOLVED={solved}", f"TEST={test}",
                                   f"out={out}")
        elf, image = self.tree / out / "kernel.elf", self.tree / out / "ringstep.img"
        if status != 0 or not image.exists():
            raise BuildError(output)
        return Kernel(str(elf), str(image), self.programs(lab, test))

    def programs(self, lab: int, test: str) -> Dict[str, str]:
        """The ELF files of the programs in ring 3, in the order of their PIDs."""
        named = [name for name in test.split(",")
                 if (self.tree / f"grading/lab{lab}/programs/{name}.c").exists()]
        folder = self.tree / self.built / "programs"
        return {name: str(folder / f"{name}.elf") for name in named or self.own_programs(lab)}

    def own_programs(self, lab: int) -> List[str]:
        """What a lab's kernel starts: as the last lab up to it says that has programs."""
        lists = [self.tree / "labs" / each.name / "user/programs.txt"
                 for each in self.labs if each.number <= lab]
        lists = [file for file in lists if file.exists()]
        return lists[-1].read_text("utf-8").split() if lists else []


def not_to_be_taken(folder: str, names: List[str]) -> List[str]:
    """Objects in labs/*/exercises are of whoever works in the tree; and another make may be
    at work, whose unfinished files have a number at the end and are gone at any moment."""
    parts = Path(folder).parts
    if parts[-1] == "exercises" and "solutions" not in parts:
        return names
    return [name for name in names if UNFINISHED.search(name)]
