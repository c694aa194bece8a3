"""Running what somebody else wrote: a submission is compiled with nothing but the scratch tree
in sight, without network, and under limits.

With bubblewrap where the system lets us use it; else with Landlock; else, if we are root, as a
user of its own, to whom the course is closed. Otherwise limits alone are left, and the report
says so.
"""
import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from functools import lru_cache
from pathlib import Path
from typing import Dict, List, Optional, Sequence, Tuple

from ringstep.machine import landlock
from ringstep.machine.process import need_room

CPU_SECONDS = 10            # for each process; for all commands that are counted together
SECONDS = 120               # for all of a command: a compiler can be made to wait for ever
STOPPED = "it was stopped after"
FILE_BYTES = 64 << 20
MEMORY_BYTES = 2 << 30
OUTPUT_BYTES = 200_000
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/tmp"}

# One call each: dash takes no more.
LIMITS = (f"ulimit -t {{cpu}}; ulimit -f {FILE_BYTES // 512}; ulimit -c 0; "
          f"ulimit -v {MEMORY_BYTES // 1024} 2>/dev/null; exec \"$@\"")
TOO_MUCH = f"{STOPPED} {CPU_SECONDS} seconds of CPU time, for all files together\n"
COUNTED = '"$@" < /dev/null; status=$?; times >&0; exit $status'     # stdin is a file of ours
TIMES = re.compile(r"(\d+)m([\d.]+)s")

COURSE = str(Path(__file__).resolve().parents[3])
PROGRAMS = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/nix")
TOOLS = ("gcc", "ld", "make", "qemu-system-x86_64", "bochs")
FIRST_USER = 1 << 30        # far from those that a system gives to people

WORDS = {
    "bubblewrap": "bubblewrap: no network, no files but the scratch tree's",
    "landlock": "Landlock: no network, no files but the scratch tree's",
    "user": "compiled, linked and booted as a user without rights, to whom the course is closed: "
            "bubblewrap and Landlock are missing or refused here",
    "none": "NO SANDBOX: limits of time, memory and file size only; a submission can read "
            "what you can. Bubblewrap and Landlock are missing or refused here",
}


def works(words: Sequence[str]) -> bool:
    try:
        return subprocess.run([*words, "true"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0
    except OSError:
        return False


@lru_cache()
def kind() -> str:
    """The best sandbox that there is here; RINGSTEP_SANDBOX= names another one."""
    asked = os.environ.get("RINGSTEP_SANDBOX")
    if asked:
        return asked if asked in WORDS else "none"
    if works(bubblewrap_words()):
        return "bubblewrap"
    if landlock.version():
        return "landlock"
    return "user" if os.geteuid() == 0 and works(as_user(FIRST_USER)) else "none"


def is_below(path: str, folder: str) -> bool:
    return path.startswith(os.path.realpath(folder) + "/")


@lru_cache()
def bubblewrap_words() -> List[str]:
    words = ["bwrap", "--unshare-all", "--die-with-parent", "--new-session",
             "--uid", "65534", "--gid", "65534", "--proc", "/proc", "--dev", "/dev",
             "--tmpfs", "/tmp", "--ro-bind", "/usr", "/usr"]
    found = [os.path.realpath(shutil.which(tool) or "") for tool in TOOLS]
    folders = [*PROGRAMS, *(["/opt"] if any(is_below(tool, "/opt") for tool in found) else [])]
    for path in folders:
        if os.path.islink(path):
            words += ["--symlink", os.readlink(path), path]
        elif os.path.isdir(path):
            words += ["--ro-bind", path, path]
    # Debian's compilers are links into /etc/alternatives.
    if os.path.isdir("/etc/alternatives"):
        words += ["--ro-bind", "/etc/alternatives", "/etc/alternatives"]
    if any(is_below(COURSE, path) for path in ("/usr", *folders)):
        words += ["--tmpfs", COURSE]            # with the solutions, among the programs
    return words


def as_user(number: int) -> List[str]:
    return ["setpriv", f"--reuid={number}", f"--regid={number}", "--clear-groups",
            "--no-new-privs", "--pdeathsig", "KILL"]


def hand_over(tree: Path) -> None:
    """Give a scratch tree to whoever commands run as in it: a user whom nobody else is."""
    if kind() == "user":
        os.chmod(COURSE, 0o700)
        owner = os.stat(tree).st_uid or FIRST_USER + secrets.randbelow(FIRST_USER)
        for folder, folders, files in os.walk(tree):
            for name in (".", *folders, *files):
                os.chown(os.path.join(folder, name), owner, owner, follow_symlinks=False)


def sheltered(argv: Sequence[str], directory: Path) -> List[str]:
    """The command, in the sandbox that there is."""
    if kind() == "bubblewrap":
        return [*bubblewrap_words(), "--bind", str(directory), "/ringstep",
                "--chdir", "/ringstep", *argv]
    if kind() == "landlock":
        return [sys.executable, "-I", "-S", landlock.__file__, str(directory), COURSE, *argv]
    if kind() == "user":
        return [*as_user(os.stat(directory).st_uid), *argv]
    return list(argv)


def environment(directory: Path) -> Dict[str, str]:
    """JOB names one command: process numbers do not, where each sandbox has its own."""
    own = {**ENVIRONMENT, "JOB": secrets.token_hex(4)}
    return own if kind() == "bubblewrap" else {**own, "TMPDIR": str(directory)}


def confine(argv: List[str], folder: str, files: Sequence[int], writable: bool = False
            ) -> List[str]:
    """The command, with nothing of the system but its programs and one folder. What it has
    open stays open; of that it may open `files` again, by name."""
    if kind() == "user":
        hand_over(Path(folder))
        for file in files:
            os.fchown(file, os.stat(folder).st_uid, -1)
    if kind() != "bubblewrap":
        return sheltered(["env", f"TMPDIR={folder}", *argv], Path(folder))
    words = [word for word in bubblewrap_words() if word != "--new-session"]
    return [*words, "--tmpfs", "/var/tmp", "--setenv", "TMPDIR", "/var/tmp",
            "--dev-bind", "/dev/pts", "/dev/pts",
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
    return WORDS[kind()]


def run(argv: Sequence[str], directory: Path, spent: Optional[List[float]] = None
        ) -> Tuple[int, str]:
    """Run a command in the directory, the only one that it can write to. Returns (exit status,
    output, cut to a sane length). `spent`: CPU seconds of the commands that are counted together;
    as two of them run at a time, each gets half of what is left."""
    left = CPU_SECONDS if spent is None else (CPU_SECONDS - sum(spent)) / 2
    if left <= 0:
        return 1, TOO_MUCH
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as used:
        process = subprocess.Popen(
            ["/bin/sh", "-c", LIMITS.format(cpu=max(1, int(left))), "sh",
             *sheltered(["sh", "-c", COUNTED, "sh", *argv], directory)], cwd=directory,
            env=environment(directory), stdin=used, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True)
        # CPU time would never end one that waits. Popen.wait(timeout) looks every 50 ms only.
        late = threading.Timer(SECONDS, os.killpg, (process.pid, signal.SIGKILL))
        late.start()
        try:
            process.wait()
            if not late.is_alive():
                output.write(f"{STOPPED} {SECONDS} seconds: it waited for something\n".encode())
        finally:
            late.cancel()
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        if spent is not None:
            used.seek(0)
            times = TIMES.findall(used.read().decode())     # none: it was killed
            spent.append(sum(60 * int(m) + float(s) for m, s in times) if times else left)
        output.seek(0)
        text = output.read(OUTPUT_BYTES).decode("utf-8", "backslashreplace")
    if process.returncode != 0:
        need_room()
    return process.returncode, text
