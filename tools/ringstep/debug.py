"""Debuggers: QEMU's GDB stub, GDB itself, and Bochs' own debugger."""
import os
import shutil
import signal
import socket
import subprocess

from .record import MachineError

COMMANDS = os.path.join("tools", "gdb", "ringstep.gdb")


def port_of(text):
    """GDBPORT, or a port of each user's own: several may share a machine."""
    if not text:
        return 25000 + os.getuid() % 10000
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise MachineError(f"GDBPORT={text} is no port: give a number from 1024 to 65535")
    return int(text)


def in_use(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise MachineError(f"port {port} is not for users: choose another with GDBPORT=")
        except OSError:
            return True
    return False


def wait_for_gdb(port, again):
    """QEMU's options for a machine that stands still until GDB attaches."""
    if in_use(port):
        raise MachineError(f"port {port} is in use, perhaps by another `make qemu-gdb`: "
                           "stop that one, or choose another port with GDBPORT=")
    print(f"qemu: stopped, waiting for GDB on port {port}. In a second terminal, type\n"
          f"    make gdb {again}".rstrip(), flush=True)
    return ["-S", "-gdb", f"tcp:127.0.0.1:{port}"]


def gdb(kernel, port, again):
    """Become GDB. Its commands come with -x: a .gdbinit in the tree would be refused."""
    program = next(filter(None, map(shutil.which, ("gdb", "gdb-multiarch", "x86_64-elf-gdb"))), None)
    if not program:
        raise MachineError("gdb is not installed: type ./setup")
    if not in_use(port):
        raise MachineError(f"nothing waits on port {port}: first type, in another terminal, "
                           f"make qemu-gdb {again}".rstrip())
    os.execv(program, ["gdb", "-q", "-x", COMMANDS, kernel,
                       "-ex", f"target remote 127.0.0.1:{port}"])


def bochs(image, kernel):
    """Bochs' own debugger on this terminal; Ctrl-C is for Bochs."""
    from . import bochs as machine
    from .record import address_in
    off = address_in(kernel, "machine_off")
    print(f"bochs: `c` runs, `s` steps, `help` lists the rest, `q` ends. "
          f"The kernel ends in machine_off: `lb {off:#x}`", flush=True)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with machine.folder(image, serial="/dev/stdout") as folder:
        subprocess.call(machine.command(), cwd=folder, env=dict(os.environ, TERM="dumb"),
                        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    return 0                                # Bochs calls its own power-off a panic
