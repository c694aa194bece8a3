"""Starting an emulator, with limits, and never leaving one behind."""
import errno
import os
import shutil
import signal
import subprocess
import tempfile
from typing import IO, Any, List, Optional, Set

from ringstep.machine.record import Limits, MachineError

# ulimit -f counts 512 bytes. A write beyond it fails, and the emulator goes on.
LIMITS = "trap '' XFSZ; {cpu} ulimit -f {blocks}; exec {guard} \"$@\""

ROOM = 1 << 20                  # bytes; with less on the disk a failure is nobody's

RUNNING: Set[subprocess.Popen[bytes]] = set()
OVER: List[bool] = []           # whether we are to end

# As subprocess has it, and as a sandbox around the emulator does.
OUT_OF_TIME = (-signal.SIGXCPU, 128 + signal.SIGXCPU)


def find(*programs: str) -> str:
    """The first of them that this machine has."""
    for program in programs:
        path = shutil.which(program)
        if path:
            return path
    raise MachineError(f"{programs[0]} is not installed: type ./setup")


def spawn(argv: List[str], limits: Limits, file_bytes: int,
          **popen: Any) -> subprocess.Popen[bytes]:
    """Start argv in a session of its own: Ctrl-C is for us, and we stop it."""
    if OVER:
        raise MachineError("stopped")
    cpu = limits.cpu_seconds
    guard = shutil.which("setpriv")         # Linux: it dies when we are killed
    script = LIMITS.format(
        cpu=f"ulimit -S -t {cpu}; ulimit -H -t {cpu + 1};" if cpu else "",
        blocks=file_bytes // 512,
        guard=f"{guard} --pdeathsig KILL" if guard else "")
    process = subprocess.Popen(["/bin/sh", "-c", script, "sh", *argv],
                               start_new_session=True, **popen)
    RUNNING.add(process)
    return process


def wait(process: subprocess.Popen[bytes], seconds: float) -> None:
    """Give it so long to end by itself."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        pass


def stop_all() -> None:
    """We are to end: no thread need wait for its emulator, and none starts another."""
    OVER.append(True)
    for process in list(RUNNING):
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    RUNNING.discard(process)
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait()


def need_room() -> None:
    """Compilers and emulators that cannot write fail, or record less than there was."""
    if shutil.disk_usage(tempfile.gettempdir()).free < ROOM:
        raise MachineError(f"{tempfile.gettempdir()}: {os.strerror(errno.ENOSPC)}")


def finish(process: subprocess.Popen[bytes]) -> None:
    """Stop it, while what it has written is still there, and see that nothing is missing."""
    stop(process)
    need_room()


def path_of(file: IO[bytes]) -> str:
    return f"/dev/fd/{file.fileno()}"


def contents(file: IO[bytes], most: Optional[int] = None) -> bytes:
    size = os.fstat(file.fileno()).st_size
    return os.pread(file.fileno(), min(size, most or size), 0)
