"""Host figures: CPU seconds of what the course does here, and ratios of them.

Seconds say something of this machine only, so what is compared is done in turn, in one run;
a figure is the median of the rounds. CPU time is that of all processes that were waited for;
a sandbox waits for none that it ends, so here the grader goes without.
"""
import os
import re
import statistics
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import Callable, Dict, List, Optional

from ringstep.bench.build import build, make
from ringstep.machine import bochs, qemu
from ringstep.machine.record import Limits, address_in

ROUNDS = 5
FIRST_WORDS = b"Hello from Ring 3!"
SUBMISSION = "solutions"
CHANGED = "labs/lab1-boot/kernel/console.c"

# A boot sector that ends at once: mov dx, 0x604; mov ax, 0x2000; out dx, ax; jmp $
NOTHING = bytes.fromhex("ba0406b80020efebfe").ljust(510, b"\0") + b"\x55\xaa" + bytes(516096 - 512)

Work = Callable[[], object]
Seconds = Dict[str, float]


def cpu(work: Work) -> float:
    before = getrusage(RUSAGE_CHILDREN)
    work()
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def in_turn(works: Dict[str, Work], rounds: int = ROUNDS) -> Seconds:
    """The median CPU time of each, done one after the other in each round."""
    seconds: Dict[str, List[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            seconds[name].append(cpu(work))
    return {name: statistics.median(times) for name, times in seconds.items()}


def memory_of(pid: int) -> int:
    """The most memory that a process has had, in MiB; 0 where the system does not say."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        found = None
    return int(found[1]) >> 10 if found else 0


def on_qemu(image: str, words: Optional[bytes] = None) -> int:
    """Bare QEMU, up to these words on its serial port or to its end: its memory in MiB."""
    memory, seen = 0, b""
    with subprocess.Popen([*qemu.command(image), "-serial", "stdio", "-monitor", "none"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as process:
        assert process.stdout
        while words is None or words not in seen:
            memory = max(memory, memory_of(process.pid))
            data = os.read(process.stdout.fileno(), 4096)
            if not data:
                break
            seen += data
        process.kill()
    return memory


def on_bochs(image: str, address: Optional[int] = None) -> int:
    """Bochs up to the boot sector, or on to an address: its memory in MiB."""
    with ExitStack() as resources:
        machine = bochs.Bochs(resources, image, Limits(cpu_seconds=60))
        machine.start()
        if address:
            machine.go(f"lb {address:#x}")
        memory = memory_of(machine.process.pid)
    return memory


def boots(root: Path, empty: str) -> Dict[str, Work]:
    lab3 = build(root, 3)
    output = address_in(lab3.kernel, "sys_write")
    return {
        "QEMU: empty boot sector": lambda: on_qemu(empty),
        "QEMU: to the first user output": lambda: on_qemu(lab3.image, FIRST_WORDS),
        "QEMU: lab 3 to its end": lambda: on_qemu(lab3.image),
        "make qemu-nox": lambda: make(root, "qemu-nox", "LAB=3", "SOLVED=all"),
        "make map": lambda: make(root, "map", "LAB=3", "SOLVED=all"),
        "Bochs: to an empty boot sector": lambda: on_bochs(empty),
        "Bochs: to the first user output": lambda: on_bochs(lab3.image, output),
        "make, nothing to do": lambda: make(root, "LAB=3", "SOLVED=all"),
    }


def builds(root: Path, folder: str) -> Dict[str, Work]:
    build_in = ["LAB=3", f"BUILD={folder}/build"]
    return {
        "make clean": lambda: make(root, "clean", f"BUILD={folder}/build"),
        "clean build of lab 3": lambda: make(root, *build_in),
        "rebuild after one file": lambda: make(root, *build_in, "-W", CHANGED),
    }


RATIOS = [
    ("QEMU: to the first user output", "QEMU: empty boot sector"),
    ("Bochs: to the first user output", "Bochs: to an empty boot sector"),
    ("make qemu-nox", "QEMU: lab 3 to its end"),
    ("make grade", "as many empty boots"),
]


def measure(root: Path) -> Dict[str, float]:
    """CPU seconds, ratios and memory, printed as they come."""
    os.environ["RINGSTEP_SANDBOX"] = "none"
    with tempfile.TemporaryDirectory(prefix="ringstep-") as folder:
        empty = os.path.join(folder, "empty.img")
        Path(empty).write_bytes(NOTHING)
        seconds = in_turn(boots(root, empty))
        seconds.update(in_turn(builds(root, folder), 3))
        words: List[str] = []
        graded = in_turn({"make grade": lambda: words.append(
            make(root, "grade", f"SUBMISSION={SUBMISSION}"))}, 2)
    seconds.update(graded)
    number = int((re.search(r"(\d+) boots", words[0]) or [0, 0])[1])
    seconds["as many empty boots"] = number / 2 * (
        seconds["QEMU: empty boot sector"] + seconds["Bochs: to an empty boot sector"])
    figures = {f"{name}, CPU s": round(time, 3) for name, time in seconds.items()}
    figures.update((f"{one} ÷ {other}", round(seconds[one] / seconds[other], 2))
                   for one, other in RATIOS)
    lab3 = build(root, 3)
    figures["QEMU: memory, MiB"] = on_qemu(lab3.image)
    figures["Bochs: memory, MiB"] = on_bochs(lab3.image, address_in(lab3.kernel, "sys_write"))
    for name, figure in figures.items():
        print(f"{name:<66}{figure:>8g}")
    return figures
