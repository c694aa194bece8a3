"""Debuggers: QEMU's GDB stub, GDB itself, and Bochs' own debugger."""
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from typing import List, Optional

from ringstep.machine import bochs as emulator
from ringstep.machine import process
from ringstep.machine.record import MachineError, address_in

COMMANDS = os.path.join("tools", "gdb", "ringstep.gdb")


def port_of(text: str) -> int:
    """GDBPORT, or a port of each user's own: several may share a machine."""
    if not text:
        return 25000 + os.getuid() % 10000
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise MachineError(f"GDBPORT={text} is no port: give a number from 1024 to 65535")
    return int(text)


def in_use(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise MachineError(f"port {port} is not for users: choose another with GDBPORT=")
        except OSError:
            return True
    return False


def log_of(folder: str, port: int) -> str:
    """Where QEMU records for a session with GDB: `why` reads it there."""
    os.makedirs(folder or "build", exist_ok=True)
    return os.path.abspath(os.path.join(folder or "build", f"gdb-{port}.log"))


def other_kernel(log: str, kernel: str) -> Optional[str]:
    """The kernel that waits, if it is not this one: its machine has left word beside the log."""
    try:
        with open(log + ".kernel") as file:
            pid, _, waits = file.read().partition(" ")
        os.kill(int(pid), 0)
    except (OSError, ValueError):
        return None
    return waits if waits != kernel else None


def wait_for_gdb(port: int, log: str, kernel: str, again: str, alone: bool) -> List[str]:
    """QEMU's options for a machine that stands still until GDB attaches."""
    if in_use(port):
        raise MachineError(f"port {port} is in use, perhaps by another `make qemu-gdb`: "
                           "stop that one, or choose another port with GDBPORT=")
    with open(log + ".kernel", "w") as file:
        file.write(f"{os.getpid()} {kernel}")
    if not alone:
        print(f"qemu: stopped, waiting for GDB on port {port}. In a second terminal, type\n"
              f"    make gdb {again}".rstrip(), flush=True)
    return ["-S", "-gdb", f"tcp:127.0.0.1:{port}"]


def until_it_waits(port: int, machine: Optional[subprocess.Popen[bytes]] = None) -> bool:
    """Wait for a machine on the port; False when it has ended, or none comes."""
    for _ in range(600):
        if in_use(port):
            return True
        if machine and machine.poll() is not None:
            return False
        time.sleep(0.02)
    return False


def heed_ctrl_c() -> None:
    """For a child: Ctrl-C is for it, and we ignore it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def gdb(port: int, image: str, kernel: str, last: str) -> int:
    """Run GDB, and a machine for it where none waits. Its commands come with -x: a
    .gdbinit in the tree would be refused."""
    program, log = process.find("gdb", "gdb-multiarch", "x86_64-elf-gdb"), log_of(last, port)
    machine: Optional[subprocess.Popen[bytes]] = None
    if os.environ.get("RINGSTEP_WAIT"):                     # `make debug` has started one
        until_it_waits(port)
    if in_use(port):
        waits = other_kernel(log, kernel)
        if waits:
            raise MachineError(f"the machine that waits on port {port} runs {waits}, not {kernel}: "
                               "give both terminals the same LAB=, SOLVED= and TEST=")
    else:
        machine = subprocess.Popen(
            [sys.executable, "-B", "-m", "ringstep", "qemu-gdb", "--alone", "--port", str(port),
             "--image", image, "--kernel", kernel, "--last", last], start_new_session=True)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        if machine and not until_it_waits(port, machine):
            raise MachineError("QEMU did not start")
        return subprocess.call(
            [program, "-q", "-nx", "-x", COMMANDS, kernel,
             "-ex", f"target remote 127.0.0.1:{port}",
             *shlex.split(os.environ.get("GDBFLAGS", ""))],
            env=dict(os.environ, RINGSTEP_LOG=log), preexec_fn=heed_ctrl_c)
    finally:
        if machine:
            process.wait(machine, 1)                        # it has something to say
            if machine.poll() is None:
                machine.terminate()
                machine.wait()


def side_by_side(again: str) -> int:
    """The machine and GDB next to each other in tmux; without tmux GDB alone."""
    if not shutil.which("tmux"):
        print("tmux is not installed: `make gdb` starts the machine in this terminal", flush=True)
        os.execvp("make", ["make", "gdb", *shlex.split(again)])
    left, right = f"make qemu-gdb {again}", f"RINGSTEP_WAIT=1 make gdb {again}; tmux kill-session"
    os.execvp("tmux", ["tmux", "new-session", left, ";", "split-window", "-h", right])


def bochs(image: str, kernel: Optional[str]) -> int:
    """Bochs' own debugger on this terminal; Ctrl-C is for Bochs."""
    off = address_in(kernel, "machine_off")
    print(f"bochs: `c` runs, `s` steps, `help` lists the rest, `q` ends. "
          f"The kernel ends in machine_off: `lb {off:#x}`", flush=True)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with emulator.folder(image, serial="/dev/stdout") as folder:
        subprocess.call(emulator.command(), cwd=folder, env=dict(os.environ, TERM="dumb"),
                        preexec_fn=heed_ctrl_c)
    return 0                                # Bochs calls its own power-off a panic
