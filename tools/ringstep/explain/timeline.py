"""`make timeline`: a run as a picture, a lane for each process (timeline.html).

QEMU's record has CR3 and no time, Bochs' has time and no CR3: so this is a Bochs run of its
own, which stops where traps come and end and where processes change hands, and looks at the
process table there.
"""
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable, Dict, Iterator, List, Optional, Tuple

import jinja2

from ringstep.kernel import decode, layout, symbols
from ringstep.kernel.contract import contract
from ringstep.kernel.layout import CONSTANTS
from ringstep.kernel.paging import Memory
from ringstep.kernel.processes import Process, image, processes
from ringstep.machine import bochs
from ringstep.machine.record import Breakpoint, Limits, Look, MachineError, Record, Registers

LIMITS = Limits(instructions=400_000_000, cpu_seconds=300, log_bytes=16 << 20)
MOST = 20_000                   # marks
COLUMNS = 76                    # of the run as text
LETTERS = {"": " ", "new": "n", "ring 3": "3", "in the kernel": "k", "ready": "r",
           "waiting": "w", "zombie": "z", "dead": "d", "idle": "-"}
KERNEL = 0                      # the lane of who is no process: the scheduler, or nobody
NEVER = -1                      # a number that nothing has
CALL, TIMER = CONSTANTS["SYSCALL_VECTOR"], CONSTANTS["VECTOR_TIMER"]
FORK = CONSTANTS.get("SYS_FORK", NEVER)
CALLS = {value: name[4:].lower() for name, value in CONSTANTS.items() if name.startswith("SYS_")}
ERRORS = {-value: f"-{name}" for name, value in CONSTANTS.items()
          if name[0] == "E" and name[1:].isalpha() and 0 < value < 134}
FRAME, TSS = contract().structure("trap_frame"), contract().structure("tss")


@dataclass
class Mark:
    """Something that happened at one moment."""
    time: int                   # in guest instructions
    pid: int
    kind: str                   # "load", "call", "tick", "fault", "fork", "switch", "other"
    words: str
    cr3: int
    rsp0: int
    frame: Dict[str, int] = field(default_factory=dict)


@dataclass
class Span:
    """How long a process was in one state."""
    start: int
    end: int
    state: str                  # "ring 3", "in the kernel", "ready", "waiting", "zombie", "idle" …


class Watch:
    """Gets a look at each stop of the run, and keeps marks and spans."""

    def __init__(self, kernel: str) -> None:
        self.symbols = symbols.load(kernel)
        self.names = self.symbols.names
        self.marks: List[Mark] = []
        self.lanes: Dict[int, List[Span]] = {KERNEL: []}
        self.table: List[Process] = []
        self.last = NEVER                   # who ran when we looked last
        self.ring_3 = self.leaves = False   # where that one is now; whether it is leaving
        self.calls: Dict[int, Mark] = {}    # system calls that have not come back, by PID

    def points(self) -> List[Breakpoint]:
        if "jump_to_usermode" not in self.names:
            raise MachineError("nothing runs in this kernel but itself: LAB=3 is the first to "
                               "start processes")
        looks = {"trap_dispatch": self.trap, "trap_return": self.back, "schedule": self.leave,
                 "jump_to_usermode": self.start}
        # Where who has ended is gone, and nobody may be there to run.
        looks.update(dict.fromkeys({"all_processes_ended", "next_ready"} & set(self.names),
                                   lambda: None))
        return [Breakpoint(name, hits=MOST * len(looks), look=self.looking(look))
                for name, look in looks.items()]

    # ---- what is looked at ----

    def looking(self, look: Callable[[], None]) -> Look:
        def at_stop(time: int, registers: Registers, memory: Memory) -> bool:
            self.time, self.registers, self.memory = time, registers, memory
            before = {process.pid: process for process in self.table}
            self.table = processes(self.names, memory)
            self.running = next((p.pid for p in self.table if p.state == "running"), KERNEL)
            self.births(before)
            look()
            self.spans(before)
            return len(self.marks) < MOST
        return at_stop

    def mark(self, pid: int, kind: str, words: str,
             frame: Optional[Dict[str, int]] = None) -> Mark:
        top = image(self.memory, self.names["tss"] + TSS.offset("rsp[0]"), 8)
        self.marks.append(Mark(self.time, pid, kind, words, self.registers.cr3 or 0,
                               int.from_bytes(top, "little"), frame or {}))
        return self.marks[-1]

    def frame(self) -> Dict[str, int]:
        """The trap frame to which the first argument points."""
        data = self.memory.virtual(self.registers.cr3 or 0, self.registers["rdi"], FRAME.size)
        return FRAME.read(data) if data else dict.fromkeys(FRAME.leaves, 0)

    def births(self, before: Dict[int, Process]) -> None:
        for process in self.table:
            if process.pid not in before:
                parent = next((p.pid for p in self.table
                               if p.address == process.record.get("parent")), KERNEL)
                self.mark(process.pid, *(("fork", f"PID {parent} has forked it") if parent else
                                         ("load", "the kernel has loaded it")))

    def spans(self, before: Dict[int, Process]) -> None:
        """From now on each process is in the state that the table says."""
        states = {process.pid: process.state for process in self.table}
        if self.running:
            states[self.running] = "ring 3" if self.ring_3 else \
                "ready" if self.leaves else "in the kernel"
        states[KERNEL] = "" if self.running and not self.leaves else "in the kernel"
        for pid in before:
            states.setdefault(pid, "")
        for pid, state in states.items():
            lane = self.lanes.setdefault(pid, [])
            if lane:
                lane[-1].end = self.time
            if not lane or lane[-1].state != state:
                lane.append(Span(self.time, self.time, state))

    # ---- the stops ----

    def trap(self) -> None:
        frame = self.frame()
        vector, kernel_code = frame["vector"], frame["cs"] & 3 == 0
        if not self.running and kernel_code and self.lanes[KERNEL]:
            self.lanes[KERNEL][-1].state = "idle"
        self.ring_3 = self.leaves = False
        self.last = self.running
        if vector == CALL:
            number = frame["rax"]
            mark = self.mark(self.running, "fork" if number == FORK else "call",
                             f"system call {number}, {CALLS.get(number, 'unknown')}: "
                             f"rdi {frame['rdi']:#x}, rsi {frame['rsi']:#x}, rdx {frame['rdx']:#x}",
                             frame)
            self.calls[self.running] = mark
        elif vector < CONSTANTS["VECTOR_EXCEPTIONS"]:
            error = decode.error_code(vector, frame["error_code"])
            at = f", address {self.registers.cr2:#x}" if vector == 14 else ""
            self.mark(self.running, "fault", decode.vector(vector)
                      + (f" ({error})" if error else "") + at, frame)
        else:
            self.mark(self.running, "tick" if vector == TIMER else "other",
                      f"interrupt {vector}" + (", of the timer" if vector == TIMER else ""), frame)

    def back(self) -> None:
        """To ring 3, or to where a process waits inside the kernel."""
        frame = self.frame()
        self.ring_3, self.leaves = frame["cs"] & 3 == 3, False
        if self.running != self.last:
            self.mark(self.running, "switch", "goes on" + ("" if self.ring_3 else
                      f" inside the kernel, in {self.place(frame['rip'])}"), frame)
        self.last = self.running
        mark = self.calls.pop(self.running, None) if self.ring_3 else None
        if mark:
            result = frame["rax"] - (frame["rax"] >> 63 << 64)
            mark.words += f"; gives {ERRORS.get(result, result)}"

    def leave(self) -> None:
        """schedule(): the state says why."""
        leaver = next((p for p in self.table if p.pid == self.last), None)
        self.ring_3, self.leaves = False, True
        if leaver:
            state = "still ready" if leaver.state == "running" else leaver.state
            self.mark(leaver.pid, "switch", f"leaves the processor: it is {state}")
        self.last = NEVER

    def start(self) -> None:
        self.ring_3, self.leaves, self.last = True, False, self.running
        self.mark(self.running, "switch", f"starts at {self.registers['rdi']:#x}, with its stack "
                  f"at {self.registers['rsi']:#x}")

    def place(self, address: int) -> str:
        found = self.symbols.function(address)
        return f"{found[0]}()" if found else f"{address:#x}"

    # ---- afterwards ----

    def rest(self, record: Record) -> str:
        """What came behind the last mark that there may be, by Bochs' own log."""
        if len(self.marks) < MOST:
            return ""
        later: Dict[int, int] = {}
        for event in record.events:
            if (event.time or 0) > self.time:
                later[event.vector] = later.get(event.vector, 0) + 1
        return ", ".join(f"{count} times {decode.vector(vector)}"
                         for vector, count in sorted(later.items()))


def details(mark: Mark) -> Iterator[Tuple[str, str]]:
    """What a mark opens to: (name, value)."""
    yield "CR3", f"{mark.cr3:#x}"
    yield "RSP0", f"{mark.rsp0:#x}" + (f" ({layout.name({}, mark.rsp0 - 8)})" if mark.rsp0 else "")
    if mark.frame:
        yield "came from" if mark.kind != "switch" else "goes to", \
            f"ring {mark.frame['cs'] & 3}, interrupts " \
            + ("on" if mark.frame["rflags"] & CONSTANTS["RFLAGS_IF"] else "off")
    for name in reversed(list(mark.frame)):
        yield name, f"{mark.frame[name]:#x}"


def page(title: str, watch: Watch, end: str, rest: str) -> str:
    template = jinja2.Template(Path(__file__).with_name("timeline.html").read_text("utf-8"),
                               autoescape=True)
    return template.render(title=title, watch=watch, first=watch.marks[0].time, details=details,
                           end=end, rest=rest)


def strips(lanes: Dict[int, List[Span]]) -> Iterator[str]:
    """The lanes as text: a column is a step of the run, or several."""
    times = sorted({span.start for spans in lanes.values() for span in spans})
    steps = times[::len(times) // COLUMNS | 1]      # odd: a program and its calls alternate
    yield "n new, 3 in ring 3, k in the kernel, r ready, w waiting, z zombie, d dead, - idle"
    for pid, spans in sorted(lanes.items()):
        states = ((span.state for span in spans if span.start <= time < span.end)
                  for time in steps)
        letters = "".join(LETTERS.get(next(state, ""), "?") for state in states)
        yield f"  {f'PID {pid}' if pid else 'kernel':<8}{letters}".rstrip()


def run(image_file: str, kernel: str, last: str, closing: Callable[[Record], str]) -> int:
    """Run the kernel, say what there is to see, and write the page."""
    watch, title = Watch(kernel), "/".join(Path(image_file).parts[-3:-1])
    record = bochs.boot(image_file, kernel, LIMITS, watch.points())
    if not watch.marks:
        raise MachineError(f"{title}: no process has run; {closing(record)}")
    print(f"{title}, until {closing(record)}: a column is a step of the run, or several", "",
          *strips(watch.lanes), "", sep="\n")
    target = Path(last).parent.joinpath("timeline.html").absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page(title, watch, closing(record), watch.rest(record)), "utf-8")
    print(target)
    return 0
