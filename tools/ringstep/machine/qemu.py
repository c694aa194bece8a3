"""Boot a kernel on QEMU and record the run.

QEMU writes a log of each exception and each serial byte, keeps the guest's
memory in a file of ours, and tells over QMP (its JSON monitor) how the run
ended, with the machine stopped and its state intact.
"""
import json
import mmap
import os
import re
import select
import socket
import subprocess
import time
from calendar import timegm
from functools import lru_cache

from ringstep.machine import process, sandbox
from ringstep.machine.qemu_log import parse_events, parse_registers
from ringstep.machine.record import Limits, MachineError, Memory, Record, Snapshot, resolve, status_of

TICK = 0.1              # seconds between two looks at a machine that says nothing
SILENCE = 60            # seconds without an answer of QEMU's own
PATIENCE = 20           # seconds in which a processor that is not halted for good does something
START = 1704067200      # 2024-01-01, as the guest's clock has it at power-on
INTERRUPTS_ON = 0x200   # RFLAGS.IF
ENDING = "SHUTDOWN", "SUSPEND", "SUSPEND_DISK"      # QEMU's events

# The same features as the processor in bochs.py. An instruction takes 2^8 ns,
# nearly Bochs' ips=4000000: the timer ticks after as many instructions on both,
# and the guest's own clock tells how many there were.
INSTRUCTION = 256e-9
FIRMWARE = 8_000_000    # instructions before the boot sector, which Bochs does not count; 1 s and a bit
MACHINE = ("-machine pc -accel tcg,tb-size=32 -m {mib} -nic none -no-reboot "
           "-cpu qemu64,vendor=GenuineIntel,+smep,+smap,+umip "
           "-rtc base=2024-01-01,clock=vm -icount shift=8,sleep=off")


def command(image, display="none", mib=Limits.mib):
    """The part of QEMU's command line that every run shares."""
    path = os.path.abspath(image).replace(",", ",,")
    return [process.find("qemu-system-x86_64"), *MACHINE.format(mib=mib).split(),
            "-display", display, "-drive", f"file={path},format=raw,snapshot=on"]


@lru_cache()
def displays():
    return subprocess.run([process.find("qemu-system-x86_64"), "-display", "help"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                          text=True).stdout.split()


class Stuck(Exception):
    """GDB's stub does not answer: a step onto a `hlt` that nothing ends."""


class Machine:
    def __init__(self, image, limits, points, live, display, extra, log):
        if not os.access(image, os.R_OK):
            raise MachineError(f"{image}: there is no such disk image, or it cannot be read")
        self.limits, self.live = limits, live
        shm = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.ram = process.scratch_file(shm)
        self.ram.truncate(limits.mib << 20)
        self.serial, self.e9, self.errors = (process.scratch_file() for _ in range(3))
        self.log = open(log, "w+b") if log else process.scratch_file()
        self.qmp, qmp = socket.socketpair()
        self.stub, stub = socket.socketpair() if points else (None, None)
        self.pipe, serial = os.pipe() if live else (None, self.serial.fileno())

        file_of = process.path_of
        argv = command(image, display, limits.mib) + [
            "-monitor", "none", "-no-shutdown",
            "-object", f"memory-backend-file,id=ram,size={limits.mib}M,share=on,"
                       f"mem-path={file_of(self.ram)}", "-machine", "memory-backend=ram",
            "-serial", f"file:/dev/fd/{serial}", "-debugcon", f"file:{file_of(self.e9)}",
            "-d", "int,cpu_reset,trace:serial_write", "-D", file_of(self.log),
            "-chardev", f"socket,id=qmp,fd={qmp.fileno()}", "-mon", "chardev=qmp,mode=control",
            "-S", *extra]
        self.waits_for_gdb = "-S" in extra
        inherited = [qmp.fileno(), serial] + [f.fileno() for f in (self.ram, self.log, self.e9)]
        if points:
            argv += ["-chardev", f"socket,id=gdb,fd={stub.fileno()}", "-gdb", "chardev:gdb"]
            inherited.append(stub.fileno())
        if limits.confined:
            argv = sandbox.confine(argv, os.path.dirname(os.path.abspath(image)))
        self.process = process.spawn(argv, limits, max(limits.mib << 20, limits.log_bytes),
                                     stdin=-3, stdout=-3, stderr=self.errors, pass_fds=inherited)
        for end in filter(None, (qmp, stub)):
            end.close()
        if live:
            os.close(serial)
        self.buffer, self.events, self.stub_buffer, self.snapshots = b"", [], b"", []
        self.samples, self.full, self.asked = [], False, 0
        self.last, self.quiet = None, 0     # what look() saw, and how many times it was the same

    def close(self):
        process.stop(self.process)
        for file in filter(None, (self.qmp, self.stub, self.log, self.serial, self.e9,
                                  self.errors, self.ram)):
            file.close()
        if self.live:
            os.close(self.pipe)

    # ---- talking ----

    def pump(self, timeout):
        """Read what has come from QMP, from GDB's stub and, live, from the serial port."""
        sources = [s for s in (self.qmp, self.stub, self.pipe) if s is not None]
        ready = select.select(sources, [], [], timeout)[0]
        if self.pipe in ready:
            self.drain()
        if self.qmp in ready:
            self.buffer += process.receive(self.qmp)
            *lines, self.buffer = self.buffer.split(b"\n")
            self.events += [json.loads(line) for line in lines if line.strip()]
        if self.stub in ready:
            self.stub_buffer += process.receive(self.stub)
        return bool(ready)

    def drain(self):
        """Pass on what waits in the serial pipe, and keep it."""
        while select.select([self.pipe], [], [], 0)[0]:
            data = os.read(self.pipe, 65536)
            if not data:
                break
            self.serial.write(data)
            self.live(data)
        self.serial.flush()

    def take(self, key, *values):
        """The first message with one of the values, or None."""
        found = next((i for i, message in enumerate(self.events) if message.get(key) in values), None)
        return None if found is None else self.events.pop(found)

    def ask(self, name, **arguments):
        """What QEMU returns. An answer that Ctrl-C kept us from reading has another number."""
        self.asked += 1
        process.send(self.qmp, json.dumps({"execute": name, "arguments": arguments, "id": self.asked}).encode() + b"\n")
        while True:
            answer = self.take("id", self.asked)
            if answer:
                return answer.get("return")
            if not self.pump(SILENCE):
                raise MachineError("QEMU does not answer")

    def registers(self):
        text = self.ask("human-monitor-command", **{"command-line": "info registers"})
        return parse_registers(text)

    def sample(self):
        """Look where the processor is; the last eight places are kept."""
        self.samples = self.samples[-7:] + [self.registers()]
        return self.samples[-1]

    def packet(self, text):
        """Send a packet of GDB's remote protocol; its answer comes from reply()."""
        process.send(self.stub, b"$%s#%02x" % (text.encode(), sum(text.encode()) % 256))

    def reply(self):
        while True:
            match = re.search(rb"\$([^#]*)#..", self.stub_buffer)
            if match:
                self.stub_buffer = self.stub_buffer[match.end():]
                process.send(self.stub, b"+")
                return match.group(1).decode()
            if not select.select([self.stub], [], [], PATIENCE)[0]:
                raise Stuck
            self.stub_buffer += process.receive(self.stub)

    def exchange(self, text):
        self.packet(text)
        return self.reply()

    # ---- running ----

    def run(self, left):
        """Go on to the end. Returns how it ended, and the limit if there was one."""
        self.ask("qmp_capabilities")        # before the guest runs: earlier events are lost
        memory = self.memory()
        for address in left:
            self.exchange(f"Z0,{address:x},1")
        if left:
            self.packet("c")
        elif not self.waits_for_gdb:
            self.ask("cont")
        while True:
            ending = self.take("event", *ENDING)
            self.events.clear()
            if ending:
                return self.end_of(ending), None
            if self.limits.cpu_seconds and self.too_much():
                return "limit", self.too_much()
            if not self.full and self.too_much():           # interactive: go on without a record
                self.full = True
                self.ask("human-monitor-command", **{"command-line": "log none"})
            heard = self.pump(TICK)
            if b"$" in self.stub_buffer:            # it has stopped; the rest are acknowledgements
                self.reply()
                self.visit(left, memory)
                self.packet("c")
            elif not heard:
                end = self.look()
                if end and not self.shutting_down():
                    return end

    def look(self):
        """How the run has ended, though QEMU says nothing, and its limit; or None."""
        now, before = self.sample(), self.last
        self.last = now.rip, self.limits.instructions and self.clock()
        self.quiet = self.quiet + 1 if self.last == before else 0
        if now.halted and not now.rflags & INTERRUPTS_ON:
            return "halted", None
        if self.limits.cpu_seconds and self.quiet * TICK > PATIENCE:
            return "halted", None           # the clock does not sleep: no interrupt is to come
        if self.limits.instructions and self.last[1] > (FIRMWARE + self.limits.instructions) * INSTRUCTION:
            return "limit", "instructions"
        return None

    def visit(self, left, memory):
        registers = self.registers()
        point, hits = left.get(registers.rip, (None, 0))
        if not point:
            return
        self.snapshots.append(Snapshot.take(point, registers, memory))
        left[point.address][1] = hits - 1
        self.exchange(f"z0,{point.address:x},1")
        if hits > 1:                        # step off it, then set it again
            self.exchange("s")
            self.exchange(f"Z0,{point.address:x},1")

    def shutting_down(self):
        """Whether the kernel has switched the machine off. It stands at hlt then, and its clock
        runs, until QEMU's main loop sees to it: at the latest before it answers once more."""
        self.sample()
        return any(event.get("event") in ENDING for event in self.events)

    def too_much(self):
        if os.fstat(self.serial.fileno()).st_size >= self.limits.serial_bytes:
            return "serial output"
        if os.fstat(self.log.fileno()).st_size >= self.limits.log_bytes:
            return "exceptions and interrupts"
        return None

    def clock(self):
        """Seconds that the guest's clock says have passed. A kernel may set it: then the
        limit of instructions does not hold, and that of CPU time is left."""
        now = self.ask("qom-get", path="/machine", property="rtc-time")
        year, month, *rest = (now[f"tm_{name}"] for name in ("year", "mon", "mday", "hour", "min", "sec"))
        try:
            return timegm((year + 1900, month + 1, *rest)) - START
        except ValueError:                  # there is no such month
            return 0

    def end_of(self, event):
        reason = event.get("data", {}).get("reason", "suspended")
        if reason == "guest-reset":
            return "triple-fault" if b"\nTriple fault" in process.contents(self.log) else "reset"
        return {"guest-shutdown": "power-off", "host-ui": "closed"}.get(reason, reason)

    def memory(self):
        view = mmap.mmap(self.ram.fileno(), self.limits.mib << 20, access=mmap.ACCESS_READ)
        return Memory(lambda address, length: view[address:address + length], len(view))


def boot(image, kernel=None, limits=Limits(), points=(), live=None, display="none", extra=(),
         log=None):
    """Boot a disk image to its end. `live` gets serial bytes as they come. `log`
    names the file of QEMU's record, for those who want to read it meanwhile."""
    points = resolve(points, kernel)
    machine = Machine(image, limits, points, live, display, extra, log)
    registers = end = None
    try:
        try:
            try:
                end, limit = machine.run(points)
            except Stuck:
                end, limit = "halted", None
            except KeyboardInterrupt:
                if not live:
                    raise
                end, limit = "stopped", None
                for _ in range(4):
                    machine.sample()
                    time.sleep(0.01)
            if end not in ("limit", "closed"):
                registers = machine.registers()
                if end in ("power-off", "reset"):   # some instructions were run after it
                    registers.general, registers.halted = {}, None
                    registers.rip = registers.rflags = None
        except EOFError:
            machine.process.wait()
            if machine.process.returncode not in (0, *process.OUT_OF_TIME):
                words = process.contents(machine.errors).decode(errors="replace").split("\n")
                raise MachineError(f"QEMU broke off: {words[0] or machine.process.returncode}")
            if machine.process.returncode:
                end, limit = "limit", "CPU time"
            elif end is None:               # else GDB has ended QEMU after the kernel's own end
                end, limit = "closed", None
        limit = machine.too_much() or limit
        if machine.samples and not registers:
            registers = machine.samples[-1]
        if live:
            machine.drain()
        if "-gdb" in extra:                         # GDB still reads; cut off there, GDB 13 aborts
            process.wait(machine.process, 1)
        if limit and limits.cpu_seconds:
            end = "limit"
        log = process.contents(machine.log, limits.log_bytes).decode("ascii", "replace")
        return Record("qemu", end, status_of(process.contents(machine.e9)),
                      process.contents(machine.serial, limits.serial_bytes),
                      parse_events(log), machine.snapshots, registers, machine.memory(), limit, machine.samples)
    finally:
        machine.close()
