"""Running what somebody else wrote: a submission is compiled with nothing but
the scratch tree in sight, without network, as nobody, and under limits.

With bubblewrap where the system lets us use it; otherwise limits alone are
left, and the report says so.
"""
import os
import select
import shutil
import signal
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path
from typing import List, Sequence, Tuple

CPU_SECONDS = 10            # for each process
SECONDS = 30                # for all of a command: a compiler can be made to wait for ever
STOPPED = "it was stopped after"
FILE_BYTES = 64 << 20
MEMORY_BYTES = 2 << 30
OUTPUT_BYTES = 200_000
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/tmp"}

# One call each: dash takes no more.
LIMITS = (f"ulimit -t {CPU_SECONDS}; ulimit -f {FILE_BYTES // 512}; ulimit -c 0; "
          f"ulimit -v {MEMORY_BYTES // 1024} 2>/dev/null; exec \"$@\"")


@lru_cache()
def bubblewrap() -> List[str]:
    """The words before a command that put it into a sandbox; [] where there is none."""
    program = shutil.which("bwrap")
    if not program or os.environ.get("RINGSTEP_SANDBOX") == "none":
        return []
    words = [program, "--unshare-all", "--die-with-parent", "--new-session",
             "--uid", "65534", "--gid", "65534", "--proc", "/proc", "--dev", "/dev",
             "--tmpfs", "/tmp", "--ro-bind", "/usr", "/usr"]
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32", "nix", "opt"):
        path = "/" + name
        if os.path.islink(path):
            words += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            words += ["--ro-bind", path, path]
    # Debian's compilers are links into /etc/alternatives.
    if os.path.isdir("/etc/alternatives"):
        words += ["--ro-bind", "/etc/alternatives", "/etc/alternatives"]
    probe = subprocess.run([*words, "true"], stdin=subprocess.DEVNULL,
                           stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return words if probe.returncode == 0 else []


def confine(argv: List[str], folder: str, writable: bool = False) -> List[str]:
    """The command, with nothing of the system but its programs and one folder.
    What it has open stays open; terminals stay reachable by name."""
    words = bubblewrap()
    if not words:
        return argv
    words = [word for word in words if word != "--new-session"]
    return [*words, "--tmpfs", "/var/tmp", "--dev-bind", "/dev/pts", "/dev/pts",
            "--bind" if writable else "--ro-bind", folder, folder, "--chdir", folder, *argv]


def inner(pid: int) -> int:
    """The innermost process, of which `pid` is the sandbox around it."""
    try:
        while True:
            with open(f"/proc/{pid}/task/{pid}/children") as file:
                pid = int(file.read().split()[0])
    except (OSError, IndexError):
        return pid


def describe() -> str:
    if bubblewrap():
        return "bubblewrap: no network, no files but the scratch tree's"
    return "limits of time, memory and file size only: bubblewrap is missing or refused here"


def ends_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait so long at most. Popen.wait() looks every 50 ms; Linux can tell at once."""
    try:
        descriptor = os.pidfd_open(process.pid)
    except (AttributeError, OSError):
        try:
            process.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            return False
    try:
        if not select.select([descriptor], [], [], seconds)[0]:
            return False
        process.wait()
        return True
    finally:
        os.close(descriptor)


def run(argv: Sequence[str], directory: Path) -> Tuple[int, str]:
    """Run a command in the directory, the only one that it can write to.
    Returns (exit status, output, cut to a sane length)."""
    words = list(argv)
    if bubblewrap():
        words = [*bubblewrap(), "--bind", str(directory), "/ringstep", "--chdir", "/ringstep",
                 *argv]
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            ["/bin/sh", "-c", LIMITS, "sh", *words], cwd=directory, env=ENVIRONMENT,
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
            start_new_session=True)
        try:
            if not ends_within(process, SECONDS):       # CPU time would never end it
                output.write(f"{STOPPED} {SECONDS} seconds: it waited for something\n".encode())
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        output.seek(0)
        text = output.read(OUTPUT_BYTES).decode("utf-8", "backslashreplace")
    return process.returncode, text
