"""The tests that there are, and for each the kernel that it wants to be booted."""
import importlib
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Collection, List, Optional, Tuple, Union

from ringstep.course.labs import CourseError, by_number, lab_of
from ringstep.kernel.symbols import Symbols

if TYPE_CHECKING:
    from ringstep.grading.harness import Run

BOTH = ("qemu", "bochs")
LOADING = threading.Lock()          # wrong kernels are graded several at a time


@dataclass(frozen=True)
class Watch:
    """A place at which to look at the processor, the first `hits` times."""
    name: str                       # a symbol of the kernel's; a word, where `address` is given
    hits: int = 1
    memory: bool = False            # keep a copy of physical memory
    stack: int = 0                  # so many 8-byte words from rsp up
    address: Optional[Callable[[Path, Symbols], int]] = None    # from the tree and the kernel
    emulators: Tuple[str, ...] = BOTH


@dataclass(frozen=True)
class Boot:
    """A kernel to boot. One boot serves every test that names it."""
    lab: int
    test: str = ""                  # TEST=: a test kernel, or programs with commas
    watches: Tuple[Union[str, Watch], ...] = ()
    mib: int = 64                   # memory
    instructions: int = 80_000_000  # limit, from the boot sector on
    secret: bytes = b""             # in the image: its dots become letters that nobody knows

    def watch(self, name: str) -> Watch:
        return next(watch for watch in self.all_watches() if watch.name == name)

    def all_watches(self) -> List[Watch]:
        return [Watch(each) if isinstance(each, str) else each for each in self.watches]


@dataclass(frozen=True)
class Test:
    name: str
    exercise: str
    boot: Boot
    function: Callable[["Run"], None]
    sentence: str                   # what must hold
    source: Optional[str]           # the function under test, for file and line


TESTS: List[Test] = []
Function = Callable[["Run"], None]


def test(exercise: str, boot: Boot, source: Optional[str] = None) -> Callable[[Function], Function]:
    """Register a test of an exercise; its first docstring line says what must hold."""
    def register(function: Function) -> Function:
        if any(known.name == function.__name__ for known in TESTS):
            raise CourseError(f"two tests have the name {function.__name__}()")
        if not function.__doc__:
            raise CourseError(f"the test {function.__name__}() has no docstring, "
                              "whose first line says what must hold")
        TESTS.append(Test(function.__name__, exercise, boot, function,
                          function.__doc__.strip().split("\n")[0], source))
        return function
    return register


def load_tests(root: Path, labs: Collection[int]) -> List[Test]:
    """The tests of the labs, in the order of the exercises. Importing registers them."""
    with LOADING:
        if str(root) not in sys.path:
            sys.path.append(str(root))
        for file in sorted(root.glob("grading/lab*/tests*.py")):
            importlib.import_module(f"grading.{file.parent.name}.{file.stem}")
    return sorted((known for known in TESTS if lab_of(known.exercise) in labs),
                  key=lambda known: by_number(known.exercise))
