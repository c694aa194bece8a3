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
import struct
import tempfile
from functools import lru_cache

from ringstep.machine import process, sandbox
from ringstep.machine.bochs_log import parse_events, parse_registers
from ringstep.machine.bochs_memory import BLOCK, BOOT_SECTOR, find_blocks
from ringstep.machine.record import Limits, MachineError, Memory, Record, Snapshot, address_in, resolve

RESET_VECTOR = 0xFFF0
SILENCE = 60            # seconds without a word from the debugger
STOPPED = r"\(0\)(?: \[0x|\.\[)"      # the second: nothing is mapped where RIP points
RESET = re.compile(r"\[CPU0  \] cpu \w+ reset")
FILES = {               # Debian, Ubuntu; Fedora and others; Homebrew
    "rom": ["/usr/share/bochs/BIOS-bochs-legacy", "/usr/share/bochs/BIOS-bochs-latest", "/usr/local/share/bochs/BIOS-bochs-latest",
            "/opt/homebrew/share/bochs/BIOS-bochs-latest"],
    "vga": ["/usr/share/vgabios/vgabios.bin", "/usr/share/bochs/VGABIOS-lgpl-latest",
            "/usr/share/bochs/VGABIOS-lgpl-latest.bin",
            "/usr/local/share/bochs/VGABIOS-lgpl-latest",
            "/opt/homebrew/share/bochs/VGABIOS-lgpl-latest"],
}

# Names without a folder: Bochs runs in a folder of its own, so no path needs quotes.
# A triple fault resets, and the debugger stops there with memory as it was.
# No speaker: with it, a boot takes 0.06 s more, in which Bochs waits for its sound.
CONFIGURATION = """\
cpu: model=corei3_cnl, count=1, ips=4000000, reset_on_triple_fault=1
memory: guest={mib}, host={mib}
romimage: file="{rom}"
vgaromimage: file="{vga}"
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=disk, path=disk.img, mode=flat
boot: disk
clock: sync=none, time0=1704067200
com1: enabled=1, mode=file, dev={serial}
display_library: {display}
log: log
panic: action=fatal
error: action=report
info: action=ignore, cpu0=report
debug: action=ignore, cpu0=report
{more}plugin_ctrl: speaker=0
"""


def folder(image, more="", serial="serial", display="term", mib=Limits.mib):
    """A temporary folder with everything that Bochs reads and writes."""
    found = {name: next(filter(os.path.exists, paths), None) for name, paths in FILES.items()}
    for name, path in found.items():
        if not path:
            raise MachineError(f"Bochs' {name} image is not installed: type ./setup")
    temporary = tempfile.TemporaryDirectory(prefix="ringstep-")
    try:
        shutil.copyfile(image, os.path.join(temporary.name, "disk.img"))
    except OSError as error:
        temporary.cleanup()
        raise MachineError(f"{image}: {error.strerror}")
    with open(os.path.join(temporary.name, "bochsrc"), "w") as file:
        file.write(CONFIGURATION.format(mib=mib, more=more, serial=serial, display=display, **found))
    return temporary


@lru_cache()
def command():
    """Bochs 3.0 must be told to be a debugger; 2.7 refuses that option."""
    import subprocess
    bochs = process.find("bochs")
    words = subprocess.run([bochs, "--help"], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL).stdout
    return [bochs, "-q", "-f", "bochsrc"] + (["-debugger"] if b"-debugger" in words else [])


class Machine:
    def __init__(self, image, limits, live):
        self.limits, self.live, self.said, self.typed = limits, live, "", 0
        self.process = None
        self.terminal, side = pty.openpty()
        self.answers, log = pty.openpty()
        self.fds = [self.terminal, side, self.answers, log]
        self.pipe, serial = os.pipe() if live else (None, None)
        self.fds += [self.pipe, serial] if live else []
        self.sent = b""                     # live: what came out of the pipe
        try:
            self.folder = folder(image, f"debugger_log: {os.ttyname(log)}\n",
                                 f"/dev/fd/{serial}" if live else "serial", mib=limits.mib)
            argv = command()
            if limits.confined:
                argv = sandbox.confine(argv, self.folder.name, writable=True)
            self.process = process.spawn(
                argv, limits, limits.log_bytes, cwd=self.folder.name,
                pass_fds=[serial] if live else [], stdin=side, stdout=side, stderr=-3,
                env=dict(os.environ, TERM="dumb"))
            for fd in filter(None, (side, serial)):
                self.fds.remove(fd)
                os.close(fd)
        except BaseException:
            self.close()
            raise

    def close(self):
        if self.process:
            process.stop(self.process)
        for fd in self.fds:
            os.close(fd)
        if hasattr(self, "folder"):
            self.folder.cleanup()

    def contents(self, name, most=None):
        try:
            with open(os.path.join(self.folder.name, name), "rb") as file:
                return file.read(most)
        except FileNotFoundError:
            return b""

    # ---- talking ----

    def pump(self):
        """Read from whoever speaks; EOFError when Bochs has ended."""
        patience = SILENCE if self.limits.cpu_seconds else None
        sources = [self.terminal, self.answers] + ([self.pipe] if self.live else [])
        ready = select.select(sources, [], [], patience)[0]
        if not ready:
            raise MachineError("Bochs has said nothing for a minute")
        if self.live and self.pipe in ready:
            data = os.read(self.pipe, 65536)
            self.sent += data
            self.live(data)
        try:
            if self.answers in ready:
                self.said += os.read(self.answers, 65536).decode("latin-1").replace("\r", "")
            elif self.terminal in ready:
                os.read(self.terminal, 65536)
        except OSError:                     # EIO: nobody holds the other side
            raise EOFError

    def ask(self, line, last):
        """Type a line; its answer up to a line that matches `last`."""
        try:
            os.write(self.terminal, line.encode() + b"\n")
        except OSError:
            raise EOFError
        return self.answer(last)

    def answer(self, last):
        while True:
            match = re.search(rf"^(?:{last}).*\n", self.said, re.M)
            if match:
                answer, self.said = self.said[:match.end()], self.said[match.end():]
                return answer
            self.pump()

    def go(self, *lines):
        """Type lines of which the last lets the guest run; what stopped it."""
        return self.ask("\n".join((*lines, "c")), STOPPED)

    def registers(self):
        return parse_registers(self.ask("r", "eflags") + self.ask("sreg", "idtr")
                               + self.ask("creg", "EFER"))

    def memory(self, boot_sector):
        """A reader for the guest's memory in the Bochs process, or None where
        the system does not let us (only Linux does)."""
        try:
            pid = sandbox.inner(self.process.pid) if self.limits.confined else self.process.pid
            fd = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
            with open(f"/proc/{pid}/maps") as file:
                maps = [line.split() for line in file]
        except OSError:
            return None
        self.fds.append(fd)
        ranges = [[int(n, 16) for n in line[0].split("-")] for line in maps
                  if line[1].startswith("rw") and (len(line) == 5 or line[5] == "[heap]")]
        mib = self.limits.mib
        table = find_blocks(fd, ranges, boot_sector, mib)

        def read(address, length):
            blocks, data = os.pread(fd, 8 * (mib << 20) // BLOCK, table), b""
            while length:
                base, = struct.unpack_from("<Q", blocks, address // BLOCK * 8)
                part = min(length, BLOCK - address % BLOCK)
                data += os.pread(fd, part, base + address % BLOCK) if base else bytes(part)
                address, length = address + part, length - part
            return data
        return table and Memory(read, mib << 20)

    # ---- running ----

    def start(self):
        """Go on to the boot sector; a reader for the guest's memory."""
        self.ask("", STOPPED)               # it stops before the first instruction
        self.go(f"lb {BOOT_SECTOR:#x}")
        return self.memory(self.contents("disk.img", 512))

    def run(self, left, off):
        """Go on to the end: how it ended (None: Bochs ended by itself),
        registers and memory at the last stop, and the snapshots."""
        memory, snapshots = self.start(), []
        places = list({*left, *([off] if off else [])})     # Bochs' breakpoints 2, 3, …: 1 is the boot sector
        setup = [f"lb {address:#x}" for address in places]
        if self.limits.instructions:
            setup.append(f"sb {self.limits.instructions}")
        last = copy = None
        try:
            while True:
                why = self.go(*setup)
                setup, registers = [], self.registers()
                if "Caught time breakpoint" in why:
                    return "limit", registers, memory and memory.copy(), snapshots
                if registers.rip in (RESET_VECTOR, BOOT_SECTOR):
                    return "reset", registers, memory and memory.copy(), snapshots
                point, hits = left.get(registers.rip, (None, 0))
                if hits > 0:
                    left[registers.rip][1] -= 1
                    snapshots.append(Snapshot.take(point, registers, memory))
                if hits == 1 and registers.rip != off:
                    setup = [f"d {places.index(registers.rip) + 2}"]
                if registers.rip == off:
                    last, copy = registers, memory and memory.copy()
        except KeyboardInterrupt:           # its debugger takes the signal for "stop"
            os.killpg(self.process.pid, signal.SIGINT)
            self.answer(STOPPED)
            return "stopped", self.registers(), memory and memory.copy(), snapshots
        except EOFError:
            self.process.wait()
            return None, last, copy, snapshots

    def quit(self):
        """Let Bochs write its files to their ends."""
        try:
            self.ask("q", "NO SUCH LINE")
        except EOFError:
            self.process.wait()

    def end_in(self, log):
        """Why Bochs has ended by itself."""
        panic = re.search(r">>PANIC<< (.*)", log)
        if panic and "Shutdown port" in panic[1]:
            return "power-off", None
        if self.process.returncode in process.OUT_OF_TIME:
            return "limit", "CPU time"
        if panic:                           # the boot sector had been reached: the kernel did it
            return "gave-up", panic[1]
        raise MachineError(f"Bochs broke off: {self.process.returncode}")


def boot(image, kernel=None, limits=Limits(), points=(), live=None):
    """Boot a disk image to its end. Bochs cannot be asked about registers and
    memory later than in the kernel's machine_off(status): that is the end."""
    points = resolve(points, kernel)
    off = address_in(kernel, "machine_off") if kernel else None
    machine = Machine(image, limits, live)
    try:
        end, registers, memory, snapshots = machine.run(points, off)
        machine.quit()
        log = machine.contents("log", limits.log_bytes).decode("latin-1")
        limit = "instructions" if end == "limit" else None
        if end is None:
            end, limit = machine.end_in(log)
        _, log, *later = RESET.split(log)
        if "exception with no resolution" in log:
            end, registers = "triple-fault", None       # these are of the time after it
        elif later:
            end, registers, memory = "reset", None, None    # the BIOS has run again
        elif end == "limit" and "HLT instruction with IF=0" in log:
            end, limit = "halted", None
        serial = machine.sent if live else machine.contents("serial", limits.serial_bytes)
        status = registers["rdi"] & 0xFFFFFFFF if end == "power-off" and registers else None
        return Record("bochs", end, status, serial, parse_events(log), snapshots,
                      registers, memory, limit)
    except EOFError:                        # before the boot sector, so not the kernel's doing
        machine.process.wait()
        raise MachineError(f"Bochs broke off at its start: {machine.process.returncode}") from None
    finally:
        machine.close()


def at_time(image, time, limits=Limits()):
    """(registers, memory) before the instruction number `time`, in a run of its own: Bochs
    executes the same instructions every time. None where it does not come that far."""
    machine = Machine(image, limits, None)
    try:
        memory = machine.start()
        if "Caught time breakpoint" not in machine.go(f"sba {time}"):
            return None
        return machine.registers(), memory and memory.copy()
    except EOFError:
        return None
    finally:
        machine.close()
