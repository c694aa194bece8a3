"""Boot a kernel on QEMU and record the run.

QEMU writes a log of each exception, keeps the guest's
memory in a file of ours, and tells over QMP (its JSON monitor) how the run
ended, with the machine stopped and its state intact.
"""
import mmap
import os
import socket
import subprocess
import time
from calendar import timegm
from contextlib import ExitStack
from functools import lru_cache
from tempfile import TemporaryFile
from typing import IO, Any, Dict, Iterable, List, Optional, Sequence, Tuple

from ringstep.kernel.paging import Memory
from ringstep.machine import process, sandbox
from ringstep.machine.qemu_log import parse_events
from ringstep.machine.qemu_talk import PATIENCE, Stub, Stuck, Talk
from ringstep.machine.record import (
    Breakpoint, Breakpoints, End, Limits, Live, MachineError, PathLike, Record, Registers,
    Snapshot, status_of)

TICK = 0.1              # seconds between two looks at a machine that says nothing
START = 1704067200      # 2024-01-01, as the guest's clock has it at power-on
INTERRUPTS_ON = 0x200   # RFLAGS.IF
ENDING = "SHUTDOWN", "SUSPEND", "SUSPEND_DISK"      # QEMU's events

# The same features as the processor in bochs.py. An instruction takes 2^8 ns,
# nearly Bochs' ips=4000000: the timer ticks after as many instructions on both,
# and the guest's own clock tells how many there were.
INSTRUCTION = 256e-9
FIRMWARE = 8_000_000    # instructions before the boot sector (Bochs does not count them): 1 s or so
MACHINE = ("-machine pc -accel tcg,tb-size=32 -m {mib} -nic none -no-reboot "
           "-cpu qemu64,vendor=GenuineIntel,+smep,+smap,+umip "
           "-rtc base=2024-01-01,clock=vm -icount shift=8,sleep=off")


def command(image: PathLike, display: str = "none", mib: int = Limits.mib) -> List[str]:
    """The part of QEMU's command line that every run shares."""
    path = os.path.abspath(image).replace(",", ",,")
    return [process.find("qemu-system-x86_64"), *MACHINE.format(mib=mib).split(),
            "-display", display, "-drive", f"file={path},format=raw,snapshot=on"]


@lru_cache()
def displays() -> List[str]:
    return subprocess.run([process.find("qemu-system-x86_64"), "-display", "help"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True).stdout.split()


class Qemu:
    """A QEMU with a kernel, standing still until run(). What it opens goes onto `resources`."""

    def __init__(self, resources: ExitStack, limits: Limits, breakpoints: Breakpoints,
                 log: Optional[str]) -> None:
        self.resources, self.limits, self.breakpoints = resources, limits, breakpoints
        shm = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        # Files without names: nothing is left of them, however we end.
        self.ram = resources.enter_context(TemporaryFile(dir=shm))
        self.ram.truncate(limits.mib << 20)
        view = mmap.mmap(self.ram.fileno(), limits.mib << 20, access=mmap.ACCESS_READ)
        self.memory = Memory(lambda address, length: view[address:address + length], len(view))
        self.serial, self.status, self.errors = (
            resources.enter_context(TemporaryFile()) for _ in range(3))
        self.log: IO[bytes] = resources.enter_context(
            open(log, "w+b") if log else TemporaryFile())
        self.snapshots: List[Snapshot] = []
        self.samples: List[Registers] = []
        self.registers: Optional[Registers] = None      # at the end
        self.recording = True
        self.last: Optional[Tuple[Optional[int], float]] = None
        self.quiet = 0                      # how many times look() saw the same

    def start(self, image: PathLike, live: Optional[Live], display: str,
              extra: Sequence[str]) -> None:
        """Start QEMU with what it is to write and whom it is to listen to."""
        if not os.access(image, os.R_OK):
            raise MachineError(f"{image}: there is no such disk image, or it cannot be read")
        self.gdb_attaches = "-gdb" in extra
        path_of, pipe, stub = process.path_of, None, None
        with ExitStack() as theirs:
            monitor, qmp = self.channel(theirs)
            serial = self.serial.fileno()
            if live:
                pipe, serial = os.pipe()
                self.resources.callback(os.close, pipe)
                theirs.callback(os.close, serial)
            argv = command(image, display, self.limits.mib) + [
                "-monitor", "none", "-no-shutdown", "-object",
                f"memory-backend-file,id=ram,size={self.limits.mib}M,share=on,"
                f"mem-path={path_of(self.ram)}", "-machine", "memory-backend=ram",
                "-serial", f"file:/dev/fd/{serial}", "-debugcon", f"file:{path_of(self.status)}",
                "-d", "int,cpu_reset", "-D", path_of(self.log),
                "-chardev", f"socket,id=qmp,fd={qmp}", "-mon", "chardev=qmp,mode=control",
                "-S", *extra]
            inherited = [qmp, serial] + [f.fileno() for f in (self.ram, self.log, self.status)]
            if self.breakpoints.at:
                ours, gdb = self.channel(theirs)
                stub = Stub(ours)
                argv += ["-chardev", f"socket,id=gdb,fd={gdb}", "-gdb", "chardev:gdb"]
                inherited.append(gdb)
            if self.limits.confined:
                argv = sandbox.confine(argv, os.path.dirname(os.path.abspath(image)), inherited)
            self.process = process.spawn(
                argv, self.limits, max(self.limits.mib << 20, self.limits.log_bytes),
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.errors,
                pass_fds=inherited)
            self.resources.callback(process.finish, self.process)
        self.talk = Talk(monitor, stub, self.serial, pipe, live)

    def channel(self, theirs: ExitStack) -> Tuple[socket.socket, int]:
        """Our end of a socket, and the number of QEMU's."""
        ours, other = socket.socketpair()
        self.resources.enter_context(ours)
        return ours, theirs.enter_context(other).fileno()

    def sample(self) -> Registers:
        """Look where the processor is; the last eight places are kept."""
        self.samples = self.samples[-7:] + [self.talk.registers()]
        return self.samples[-1]

    def run(self) -> End:
        """Go on to the end, whoever sees it first."""
        end: Optional[End] = None
        try:
            end = self.go_on()
            self.look_back(end)
        except EOFError:
            end = self.end_of_process() or end or End("closed")
        limit = self.too_much() or end.limit
        return End("limit" if limit and self.limits.cpu_seconds else end.name, limit)

    def go_on(self) -> End:
        try:
            self.talk.ask("qmp_capabilities")    # before the guest runs: earlier events are lost
            if self.talk.stub:
                for address in self.breakpoints.at:
                    self.talk.stub.exchange(f"Z0,{address:x},1")
                self.talk.stub.send("c")
            elif not self.gdb_attaches:
                self.talk.ask("cont")
            while True:
                end = self.step()
                if end:
                    return end
        except Stuck:
            return End("halted")
        except KeyboardInterrupt:
            if not self.talk.live:
                raise
            return End("stopped")

    def step(self) -> Optional[End]:
        """Wait for what happens next; how the run ended, if that is it."""
        event = self.talk.take("event", *ENDING)
        self.talk.messages.clear()
        if event:
            return self.end_of(event)
        limit = self.too_much()
        if limit and self.limits.cpu_seconds:
            return End("limit", limit)
        if limit and self.recording:        # interactive: go on without a record
            self.recording = False
            self.talk.type("log none")
        heard = self.talk.pump(TICK)
        stub = self.talk.stub
        if stub and b"$" in stub.unread:    # stopped; what else it sends are acknowledgements
            stub.reply()
            self.visit(stub)
            stub.send("c")
        elif not heard:
            end = self.look()
            if end and not self.shutting_down():
                return end
        return None

    def look(self) -> Optional[End]:
        """How the run has ended, though QEMU says nothing; or None."""
        now, before = self.sample(), self.last
        seconds = self.clock() if self.limits.instructions else 0
        self.last = now.rip, seconds
        self.quiet = self.quiet + 1 if self.last == before else 0
        if now.halted and not (now.rflags or 0) & INTERRUPTS_ON:
            return End("halted")
        if self.limits.cpu_seconds and self.quiet * TICK > PATIENCE:
            return End("halted")            # the clock does not sleep: no interrupt is to come
        instructions = FIRMWARE + (self.limits.instructions or 0)
        if self.limits.instructions and seconds > instructions * INSTRUCTION:
            return End("limit", "instructions")
        return None

    def visit(self, stub: Stub) -> None:
        """Look at the processor, which has stopped at a breakpoint."""
        registers = self.talk.registers()
        at = registers.rip or 0
        breakpoint = self.breakpoints.hit(at)
        if not breakpoint:
            return
        self.snapshots.append(Snapshot.take(breakpoint, registers, self.memory))
        stub.exchange(f"z0,{at:x},1")
        if self.breakpoints.left[at]:        # step off it, then set it again
            stub.exchange("s")
            stub.exchange(f"Z0,{at:x},1")

    def shutting_down(self) -> bool:
        """Whether the kernel has switched the machine off. It stands at hlt then, and its clock
        runs, until QEMU's main loop sees to it: at the latest before it answers once more."""
        self.sample()
        return any(message.get("event") in ENDING for message in self.talk.messages)

    def too_much(self) -> Optional[str]:
        if os.fstat(self.serial.fileno()).st_size >= self.limits.serial_bytes:
            return "serial output"
        if os.fstat(self.log.fileno()).st_size >= self.limits.log_bytes:
            return "exceptions and interrupts"
        return None

    def clock(self) -> float:
        """Seconds that the guest's clock says have passed. A kernel may set it: then the
        limit of instructions does not hold, and that of CPU time is left."""
        now = self.talk.ask("qom-get", path="/machine", property="rtc-time")
        names = "year", "mon", "mday", "hour", "min", "sec"
        year, month, *rest = (now[f"tm_{name}"] for name in names)
        try:
            return timegm((year + 1900, month + 1, *rest)) - START
        except ValueError:                  # there is no such month
            return 0

    # ---- the end ----

    def end_of(self, event: Dict[str, Any]) -> End:
        reason = event.get("data", {}).get("reason", "suspended")
        if reason == "guest-reset":
            triple = b"\nTriple fault" in process.contents(self.log)
            return End("triple-fault" if triple else "reset")
        return End({"guest-shutdown": "power-off", "host-ui": "closed"}.get(reason, reason))

    def look_back(self, end: End) -> None:
        """Look at the machine, which stands still."""
        if end.name == "stopped":
            for _ in range(4):
                self.sample()
                time.sleep(0.01)
        if end.name not in ("limit", "closed"):
            self.registers = registers = self.talk.registers()
            if end.name in ("power-off", "reset"):      # some instructions were run after it
                registers.general, registers.halted = {}, None
                registers.rip = registers.rflags = None

    def end_of_process(self) -> Optional[End]:
        """Why QEMU itself has ended, if not by its window, by GDB or after the kernel's end."""
        self.process.wait()
        if self.process.returncode in process.OUT_OF_TIME:
            return End("limit", "CPU time")
        if self.process.returncode:
            words = process.contents(self.errors).decode(errors="replace").split("\n")
            raise MachineError(f"QEMU broke off: {words[0] or self.process.returncode}")
        return None

    def record(self, end: End) -> Record:
        self.talk.drain()
        if self.gdb_attaches:               # GDB still reads; cut off there, GDB 13 aborts
            process.wait(self.process, 1)
        log = process.contents(self.log, self.limits.log_bytes).decode("ascii", "replace")
        return Record("qemu", end.name, status_of(process.contents(self.status)),
                      process.contents(self.serial, self.limits.serial_bytes),
                      parse_events(log), self.snapshots,
                      self.registers or (self.samples[-1] if self.samples else None),
                      self.memory, end.limit, self.samples)


def boot(image: PathLike, kernel: Optional[PathLike] = None, limits: Limits = Limits(),
         breakpoints: Iterable[Breakpoint] = (), live: Optional[Live] = None,
         display: str = "none", extra: Sequence[str] = (), log: Optional[str] = None) -> Record:
    """Boot a disk image to its end. `live` gets serial bytes as they come. `log`
    names the file of QEMU's record, for those who want to read it meanwhile."""
    with ExitStack() as resources:
        qemu = Qemu(resources, limits, Breakpoints(breakpoints, kernel), log)
        qemu.start(image, live, display, extra)
        record = qemu.record(qemu.run())
    return record
