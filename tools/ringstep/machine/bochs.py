"""Boot a kernel on Bochs and record the run.

Bochs' own debugger is driven over a pseudo-terminal, which its `term` display
needs in any case. Its answers are read from a second one, which it takes for
its log file: the guest's screen comes out on the first and could forge them.
Bochs' log proper has each exception, with the reason in words. The guest's
memory is read from the Bochs process.
"""
import os
import pty
import re
import select
import shutil
import signal
import string
import subprocess
import tempfile
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Callable, Iterable, Iterator, List, Optional, Tuple

from ringstep.kernel.paging import Memory
from ringstep.machine import process, sandbox
from ringstep.machine.bochs_log import parse_events, parse_registers
from ringstep.machine.bochs_memory import BOOT_SECTOR, memory_of
from ringstep.machine.record import (
    Breakpoint, Breakpoints, End, Limits, Live, MachineError, PathLike, Record, Registers,
    Snapshot, address_in)

RESET_VECTOR = 0xFFF0
SILENCE = 60            # seconds without a word from the debugger
TICK = 0.15             # seconds between two looks at a guest that runs
STOPPED = r"\(0\)(?: \[0x|\.\[)"      # the second: nothing is mapped where RIP points
TIME = re.compile(r"^Next at t=(\d+)", re.M)       # in instructions
RESET = re.compile(r"\[CPU0  \] cpu \w+ reset")
STANDS_STILL = b"] WARNING: HLT instruction with IF=0"     # the log's last line then
SHARES = "/usr/share", "/usr/local/share", "/opt/homebrew/share"
FILES = {               # Debian, Ubuntu; Fedora, Homebrew and others
    "rom": ["bochs/BIOS-bochs-legacy", "bochs/BIOS-bochs-latest"],
    "vga": ["vgabios/vgabios.bin", "bochs/VGABIOS-lgpl-latest", "bochs/VGABIOS-lgpl-latest.bin"],
}
CONFIGURATION = Path(__file__).with_name("bochsrc").read_text("utf-8")


@contextmanager
def folder(image: PathLike, more: str = "", serial: str = "serial", display: str = "term",
           mib: int = Limits.mib) -> Iterator[str]:
    """A temporary folder with everything that Bochs reads and writes."""
    found = {}
    for name, files in FILES.items():
        paths = (os.path.join(share, file) for share in SHARES for file in files)
        found[name] = next((path for path in paths if os.path.exists(path)), None)
        if not found[name]:
            raise MachineError(f"Bochs' {name} image is not installed: type ./setup")
    with tempfile.TemporaryDirectory(prefix="ringstep-") as here:
        try:
            shutil.copyfile(image, os.path.join(here, "disk.img"))
        except OSError as error:
            raise MachineError(f"{image}: {error.strerror}") from None
        with open(os.path.join(here, "bochsrc"), "w") as file:
            file.write(string.Template(CONFIGURATION).substitute(
                found, mib=mib, more=more, serial=serial, display=display))
        yield here


@lru_cache()
def command() -> List[str]:
    """Bochs 3.0 must be told to be a debugger; 2.7 refuses that option."""
    bochs = shutil.which("bochs-debugger") or process.find("bochs")     # the former is Fedora's
    words = subprocess.run([bochs, "--help"], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL).stdout
    return [bochs, "-q", "-f", "bochsrc"] + (["-debugger"] if b"-debugger" in words else [])


class Bochs:
    """A Bochs with a kernel, driven by its debugger. What it opens goes onto `resources`."""

    def __init__(self, resources: ExitStack, image: PathLike, limits: Limits,
                 live: Optional[Live] = None, more: str = "") -> None:
        self.resources, self.limits, self.live = resources, limits, live
        self.said = ""                      # by the debugger, and not yet read
        self.sent = b""                     # live: what came out of the pipe
        self.pipe: Optional[int] = None
        self.memory: Optional[Memory] = None
        self.runs, self.silence = False, 0.0
        self.snapshots: List[Snapshot] = []
        # At the last stop that tells how the run ended:
        self.last: Optional[Registers] = None
        self.copy: Optional[Memory] = None
        with ExitStack() as theirs:
            self.terminal, screen = self.pair(pty.openpty, theirs)
            self.answers, debugger_log = self.pair(pty.openpty, resources)
            inherited, serial_file = [debugger_log], "serial"
            if live:
                self.pipe, serial = self.pair(os.pipe, theirs)
                inherited, serial_file = [debugger_log, serial], f"/dev/fd/{serial}"
            self.folder = resources.enter_context(
                folder(image, f"debugger_log: {os.ttyname(debugger_log)}\n" + more, serial_file,
                       mib=limits.mib))
            argv = command()
            if limits.confined:
                argv = sandbox.confine(argv, self.folder, inherited, writable=True)
            self.process = process.spawn(
                argv, limits, limits.log_bytes, cwd=self.folder, pass_fds=inherited,
                stdin=screen, stdout=screen, stderr=subprocess.DEVNULL,
                env=dict(os.environ, TERM="dumb"))
            resources.callback(process.finish, self.process)

    def pair(self, make: Callable[[], Tuple[int, int]], theirs: ExitStack) -> Tuple[int, int]:
        """Two ends of something: ours, and one that `theirs` closes."""
        ours, other = make()
        self.resources.callback(os.close, ours)
        theirs.callback(os.close, other)
        return ours, other

    def contents(self, name: str, most: Optional[int] = None) -> bytes:
        try:
            with open(os.path.join(self.folder, name), "rb") as file:
                return file.read(most)
        except FileNotFoundError:
            return b""

    # ---- talking ----

    def pump(self) -> None:
        """Read from whoever speaks; EOFError when Bochs has ended."""
        speakers = [self.terminal, self.answers] + ([] if self.pipe is None else [self.pipe])
        ready = select.select(speakers, [], [], TICK)[0]
        self.silence = 0 if ready else self.silence + TICK
        if self.silence > SILENCE and self.limits.cpu_seconds:
            raise MachineError("Bochs has said nothing for a minute")
        if not ready and self.runs and (self.limits.cpu_seconds or self.stands_still()):
            self.interrupt()
        if self.live and self.pipe is not None and self.pipe in ready:
            data = os.read(self.pipe, 65536)
            self.sent += data
            self.live(data)
        try:
            if self.answers in ready:
                self.said += os.read(self.answers, 65536).decode("latin-1").replace("\r", "")
            elif self.terminal in ready:
                os.read(self.terminal, 65536)
        except OSError:                     # EIO: nobody holds the other side
            raise EOFError from None

    def stands_still(self) -> bool:
        """Whether the processor has halted and takes no interrupts."""
        with open(os.path.join(self.folder, "log"), "rb") as log:
            log.seek(max(0, os.fstat(log.fileno()).st_size - 500))
            return STANDS_STILL in log.read()

    def interrupt(self) -> None:
        """Stop the guest: the debugger takes the signal for that."""
        pid = self.process.pid
        os.kill(sandbox.inner(pid) if self.limits.confined else pid, signal.SIGINT)

    def ask(self, line: str, last: str) -> str:
        """Type a line; its answer up to a line that matches `last`."""
        try:
            os.write(self.terminal, line.encode() + b"\n")
        except OSError:
            raise EOFError from None
        return self.answer(last)

    def answer(self, last: str) -> str:
        while True:
            match = re.search(rf"^(?:{last}).*\n", self.said, re.M)
            if match:
                answer, self.said = self.said[:match.end()], self.said[match.end():]
                return answer
            self.pump()

    def go(self, *lines: str) -> str:
        """Type lines of which the last lets the guest run; what stopped it."""
        return self.ask("\n".join((*lines, "c")), STOPPED)

    def registers(self) -> Registers:
        return parse_registers(self.ask("r\nsreg\ncreg", "EFER"))

    # ---- running ----

    def start(self) -> None:
        """Go on to the boot sector, and find the guest's memory."""
        self.ask("", STOPPED)               # it stops before the first instruction
        self.begun = int(TIME.findall(self.go(f"lb {BOOT_SECTOR:#x}"))[-1])
        pid = self.process.pid
        self.memory = memory_of(sandbox.inner(pid) if self.limits.confined else pid,
                                self.contents("disk.img", 512), self.limits.mib, self.resources)

    def run(self, breakpoints: Breakpoints, off: Optional[int]) -> Optional[End]:
        """Go on to the end; None if Bochs ended by itself, as it does at a power-off."""
        try:
            return self.go_on(breakpoints, off)
        except KeyboardInterrupt:
            self.runs = False
            self.interrupt()
            self.answer(STOPPED)
            self.keep(self.registers())
            return End("stopped")
        except EOFError:
            return None

    def go_on(self, breakpoints: Breakpoints, off: Optional[int]) -> End:
        """From stop to stop. Nothing can be asked later than in machine_off, at `off`."""
        places = [*{*breakpoints.at, *([] if off is None else [off])}]
        numbers = {place: number for number, place in enumerate(places, 2)}     # 1: boot sector
        setup = [f"lb {place:#x}" for place in places]
        if self.limits.instructions:
            setup.append(f"sb {self.limits.instructions}")
        while True:
            self.runs = True
            why = self.go(*setup)
            self.runs = False
            registers, limit = self.registers(), self.limits.instructions
            setup, at = [], registers.rip or 0
            # A processor that waits for an interrupt comes to no time breakpoint; time passes.
            times = TIME.findall(why)           # none after a triple fault
            over = limit and times and int(times[-1]) >= self.begun + limit
            still = self.stands_still()
            if over or still:
                self.keep(registers)
                return End("halted") if still else End("limit", "instructions")
            if at in (RESET_VECTOR, BOOT_SECTOR):
                self.keep(registers)
                return End("reset")
            breakpoint = breakpoints.hit(at)
            if breakpoint and breakpoint.look and self.memory:
                if not breakpoint.look(int(times[-1]), registers, self.memory):
                    breakpoints.left = dict.fromkeys(breakpoints.left, 0)
                    setup = [f"d {numbers[place]}" for place in breakpoints.at]
            elif breakpoint:
                self.snapshots.append(Snapshot.take(breakpoint, registers, self.memory))
                if not breakpoints.left[at] and at != off:
                    setup = [f"d {numbers[at]}"]
            if at == off:
                self.keep(registers)

    def keep(self, registers: Registers) -> None:
        self.last, self.copy = registers, self.memory and self.memory.copy()

    # ---- the end ----

    def record(self, end: Optional[End]) -> Record:
        try:
            self.ask("q", "NO SUCH LINE")   # Bochs writes its files to their ends
        except EOFError:
            self.process.wait()
        log = self.contents("log", self.limits.log_bytes).decode("latin-1")
        end = end or self.end_in(log)
        _, log, *later = RESET.split(log)
        if "exception with no resolution" in log:
            end, self.last = End("triple-fault", end.limit), None   # these are of the time after it
        elif later:                         # the BIOS has run again
            end, self.last, self.copy = End("reset", end.limit), None, None
        serial = self.sent if self.live else self.contents("serial", self.limits.serial_bytes)
        said = self.last["rdi"] & 0xFFFFFFFF if end.name == "power-off" and self.last else None
        return Record("bochs", end.name, said, serial, parse_events(log), self.snapshots,
                      self.last, self.copy, end.limit)

    def end_in(self, log: str) -> End:
        """Why Bochs has ended by itself."""
        panic = re.search(r">>PANIC<< (.*)", log)
        if panic and "Shutdown port" in panic[1]:
            return End("power-off")
        if self.process.returncode in process.OUT_OF_TIME:
            return End("limit", "CPU time")
        if panic:                           # the boot sector had been reached: the kernel did it
            return End("gave-up", panic[1])
        raise MachineError(f"Bochs broke off: {self.process.returncode}")


def boot(image: PathLike, kernel: Optional[PathLike] = None, limits: Limits = Limits(),
         breakpoints: Iterable[Breakpoint] = (), live: Optional[Live] = None) -> Record:
    """Boot a disk image to its end. Bochs cannot be asked about registers and
    memory later than in the kernel's machine_off(status): that is the end."""
    wanted = Breakpoints(breakpoints, kernel)
    off = address_in(kernel, "machine_off") if kernel else None
    with ExitStack() as resources:
        bochs = Bochs(resources, image, limits, live)
        try:
            bochs.start()
        except EOFError:                    # before the boot sector, so not the kernel's doing
            code = bochs.process.wait()
            raise MachineError(f"Bochs broke off at its start: {code}") from None
        record = bochs.record(bochs.run(wanted, off))
    return record


def at_time(image: PathLike, time: int, limits: Limits = Limits()
            ) -> Optional[Tuple[Registers, Optional[Memory]]]:
    """(registers, memory) before the instruction number `time`, in a run of its own: Bochs
    executes the same instructions every time. None where it does not come that far."""
    with ExitStack() as resources:
        bochs = Bochs(resources, image, limits)
        try:
            bochs.start()
            if "Caught time breakpoint" in bochs.go(f"sba {time}"):
                bochs.keep(bochs.registers())
        except EOFError:
            pass
    return (bochs.last, bochs.copy) if bochs.last else None
