"""The kernels of one submission, booted: on each emulator, within limits."""
import hashlib
import importlib
import os
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Callable, Dict, Sequence, Tuple, Union

from ringstep.grading.harness import Run
from ringstep.grading.registry import Boot
from ringstep.grading.seen import UNREADABLE
from ringstep.grading.verdict import FAIL, GRADER_ERROR, NOT_RUN, trim
from ringstep.grading.workspace import BuildError, Kernel, Workspace
from ringstep.kernel import symbols
from ringstep.machine.record import Breakpoint, Limits, MachineError, Record

# Most boots take 0.2, and what hangs ends long before by its limit of instructions.
CPU_SECONDS = {"qemu": 4, "bochs": 20}
SERIAL_BYTES, LOG_BYTES = 32 << 10, 16 << 20
ATTEMPTS = 2                    # an emulator that broke off gets a second one
LETTERS = 32

Watched = Tuple[Breakpoint, ...]
BootKernel = Callable[[str, Kernel, Limits, Watched], Record]


@dataclass(frozen=True)
class NoRun:
    """There is nothing that a test could look at, and this is why."""
    verdict: str
    why: str
    by_build: bool = False      # the kernel did not build
    ends_well: bool = True      # as of a Run: it has not done anything bad
    hangs: bool = False
    stopped_in: str = ""


Outcome = Union[Run, NoRun]
Outcomes = Dict[str, Outcome]           # by emulator

SKIPPED = NoRun(NOT_RUN, "another run of this kernel ended badly before")


def boot_kernel(emulator: str, kernel: Kernel, limits: Limits, breakpoints: Watched) -> Record:
    boot: Callable[..., Record] = importlib.import_module(f"ringstep.machine.{emulator}").boot
    return boot(kernel.image, kernel.elf, limits, breakpoints)


class Kernels:
    def __init__(self, space: Workspace, files: Dict[str, bytes], emulators: Sequence[str],
                 progress: Callable[[str], None], boot_kernel: BootKernel, seed: str):
        self.space, self.files, self.emulators = space, files, emulators
        self.progress, self.boot_kernel, self.seed = progress, boot_kernel, seed
        self.lock, self.boots = threading.Lock(), 0

    def none(self, why: NoRun = SKIPPED) -> Outcomes:
        return {emulator: why for emulator in self.emulators}

    def boot(self, boot: Boot, students: Sequence[str], brief: bool) -> Outcomes:
        """Boot the kernel in which the exercises `students` are the submission's."""
        kernel = self.build(boot, students)
        return self.run_all(boot, kernel, brief) if isinstance(kernel, Kernel) \
            else self.none(kernel)

    def build(self, boot: Boot, students: Sequence[str]) -> Union[Kernel, NoRun]:
        try:
            return self.space.build(boot.lab, students, boot.test)
        except BuildError as error:
            return self.whose(boot, error)

    def run_all(self, boot: Boot, kernel: Kernel, brief: bool) -> Outcomes:
        secret = self.secret(boot)
        put_secret(kernel, boot.secret, secret)
        outcomes: Outcomes = {}
        for emulator in self.emulators:
            if brief and not all(run.ends_well for run in outcomes.values()):
                outcomes[emulator] = SKIPPED    # what fails is graded again
                continue
            outcomes[emulator] = self.run(emulator, boot, kernel, secret)
            with self.lock:
                self.boots += 1
                self.progress(f"lab {boot.lab} on {emulator}: {boot.test or 'main.c'}")
        return outcomes

    def run(self, emulator: str, boot: Boot, kernel: Kernel, secret: bytes) -> Outcome:
        why = NoRun(GRADER_ERROR, "it was not tried")
        for _ in range(ATTEMPTS):
            try:
                record = self.record(emulator, boot, kernel)
                return Run(self.space.root, boot, record, kernel.elf, kernel.programs, secret)
            except (MachineError, OSError) as error:
                if os.environ.get("RINGSTEP_DEBUG"):
                    raise
                why = NoRun(GRADER_ERROR, str(error))
            except UNREADABLE as error:         # its file is not what the linker wrote
                return NoRun(FAIL, f"the kernel's file cannot be read: {error!r}", by_build=True)
        return why

    def record(self, emulator: str, boot: Boot, kernel: Kernel) -> Record:
        limits = Limits(boot.mib, boot.instructions, CPU_SECONDS[emulator],
                        serial_bytes=SERIAL_BYTES, log_bytes=LOG_BYTES, confined=True)
        known = symbols.load(kernel.elf)
        breakpoints = tuple(
            Breakpoint(watch.name, watch.address and watch.address(self.space.root, known),
                       watch.hits, watch.stack, watch.memory)
            for watch in boot.all_watches() if emulator in watch.emulators)
        return self.boot_kernel(emulator, kernel, limits, breakpoints)

    def whose(self, boot: Boot, error: BuildError) -> NoRun:
        """A kernel that does not build with the solutions either is our own mistake."""
        if self.space.has_solutions(boot.lab):
            try:
                self.space.build(boot.lab, [], boot.test)
            except BuildError as ours:
                return NoRun(GRADER_ERROR,
                             f"the course's own kernel does not build: {trim(str(ours), 3)}")
        return NoRun(FAIL, trim(str(error)), by_build=True)

    def secret(self, boot: Boot) -> bytes:
        """What comes into the image in place of the dots."""
        letters = hashlib.sha256(f"{self.seed} {boot.test}".encode()).hexdigest()[:LETTERS]
        return boot.secret.replace(b"." * LETTERS, letters.encode())


def put_secret(kernel: Kernel, dots: bytes, secret: bytes) -> None:
    """Write it over the dots in a disk image."""
    if dots:
        image = Path(kernel.image)
        image.write_bytes(image.read_bytes().replace(dots, secret))
