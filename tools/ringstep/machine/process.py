"""Starting an emulator, with limits, and never leaving one behind."""
import os
import shutil
import signal
import subprocess
import tempfile

from ringstep.machine.record import MachineError

# ulimit -f counts 512 bytes. A write beyond it fails, and the emulator goes on.
LIMITS = "trap '' XFSZ; {cpu} ulimit -f {blocks}; exec {guard} \"$@\""


RUNNING, OVER = set(), []       # emulators; whether we are to end

# As subprocess has it, and as a sandbox around the emulator does.
OUT_OF_TIME = (-signal.SIGXCPU, 128 + signal.SIGXCPU)


def find(program):
    path = shutil.which(program)
    if not path:
        raise MachineError(f"{program} is not installed: type ./setup")
    return path


def spawn(argv, limits, file_bytes, **popen):
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


def wait(process, seconds):
    """Give it so long to end by itself."""
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        pass


def stop_all():
    """We are to end: no thread need wait for its emulator, and none starts another."""
    OVER.append(True)
    for process in list(RUNNING):
        stop(process)


def stop(process):
    RUNNING.discard(process)
    if process.poll() is None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait()


def scratch_file(directory=None):
    """A file without a name: nothing is left of it, however we end."""
    return tempfile.TemporaryFile(dir=directory)


def path_of(file):
    return f"/dev/fd/{file.fileno()}"


def contents(file, most=None):
    size = os.fstat(file.fileno()).st_size
    return os.pread(file.fileno(), min(size, most or size), 0)


def send(channel, data):
    try:
        channel.sendall(data)
    except OSError:
        raise EOFError from None            # the emulator has ended


def receive(channel):
    try:
        data = channel.recv(65536)
    except ConnectionError:
        data = b""
    if not data:
        raise EOFError
    return data
