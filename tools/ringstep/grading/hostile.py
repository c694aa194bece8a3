"""`make hostile` and `make fuzz`: programs in ring 3 that want the kernel's end.

They stand in grading/hostile/*.S, and grading/lab3/hostile.c runs them; here its notes are
held against the table in its image and against the emulator's own record.
"""
import re
import struct
import subprocess
import tempfile
from dataclasses import dataclass, field
from itertools import count, takewhile
from pathlib import Path
from typing import List, NamedTuple, Optional, Sequence, Tuple

from ringstep.course.labs import CourseError
from ringstep.grading.harness import Boot, Run
from ringstep.grading.kernels import boot_kernel
from ringstep.grading.parallel import workers
from ringstep.grading.registry import BOTH
from ringstep.grading.seen import Group, NotReached, grouped, signed
from ringstep.grading.workspace import Kernel
from ringstep.kernel import decode, symbols
from ringstep.machine.record import Limits

MARK = b"order of attack\0"             # as in hostile.c, before four words
ROW = 40                                # bytes of its struct row
ANY, LEAKED, SEVERAL = 0x7FFFFFFF, 0x1EAC, 0x200    # as in programs.S
FILE, NOT_ON_QEMU = 1, 2                # kinds of rows
EXIT, SLICES, REFUSED, NO_TRAP = 0x80, 32, 0x100, 0x101
LIMITS = Limits(16, 2_000_000_000, 300, serial_bytes=8 << 20, log_bytes=64 << 20)
TABLES = {                              # of each: what make is told in place of lab 3's programs
    "": (),
    " (lab 4)": ("LAB=4", "TEST=hostile_forks,attacks"),
    " (lab 5, by syscall)": ("LAB=5", "TEST=hostile_syscalls"),
    " (lab 5, families and archives)": ("LAB=5", "TEST=hostile_files,intruders,by_syscall"),
}
DEATHS = 5                              # or neighbours harmed: then it is enough
PACK = 250                              # random programs of one boot


class Row(NamedTuple):
    name: str
    kind: int
    vector: int
    value: int


def in_words(vector: int, value: int) -> str:
    """How a program ended, or must end."""
    names = {SLICES: "the timer", NO_TRAP: "no trap", SEVERAL: "an end of its own",
             EXIT: f"exit({signed(value % (1 << 64))})", REFUSED: f"refused with {value}"}
    more = "" if value == ANY else f" {value:#x}"
    return names.get(vector) or f"{decode.vector(vector)}{more}"


@dataclass
class Seen:
    """What came of some programs on one emulator."""
    programs: int = 0
    deaths: int = 0
    leaks: int = 0
    lost: int = 0
    wrong: List[str] = field(default_factory=list)


def make(tree: Path, *arguments: str) -> Kernel:
    """The test kernel, lab 3's unless said, with all exercises solved."""
    done = subprocess.run(["make", "LAB=3", "SOLVED=all", "TEST=hostile", "PROGRAMS=",
                           *arguments], cwd=tree, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)
    image = re.search(r"(\S+)/ringstep\.img", done.stdout)
    if done.returncode != 0 or not image:
        raise CourseError(f"the test kernel does not build: {done.stdout.strip()[-600:]}")
    return Kernel(str(tree / image[1] / "kernel.elf"), str(tree / image[0]))


def rows_of(kernel: Kernel) -> List[Row]:
    """The table, from the kernel's file."""
    known = symbols.load(kernel.elf)
    at, end = known.address("hostile_rows"), known.address("hostile_rows_end")

    def text(address: int) -> str:
        letters = (known.bytes_at(address + i, 1) or b"\0" for i in count())
        return b"".join(takewhile(lambda letter: letter != b"\0", letters)).decode()
    words = struct.iter_unpack("<QQQQq", known.bytes_at(at, end - at) or b"")
    return [Row(text(name), kind, vector, value) for name, _, kind, vector, value in words]


def boot(emulator: str, kernel: Kernel, order: Tuple[int, int, int, int]) -> Run:
    """Boot with an order of what is to be run: seed, first, step, end."""
    data = Path(kernel.image).read_bytes()
    at, words = data.index(MARK) + len(MARK), struct.pack("<4Q", *order)
    with tempfile.TemporaryDirectory(prefix="ringstep-") as folder:
        image = Path(folder) / "ringstep.img"
        image.write_bytes(data[:at] + words + data[at + len(words):])
        record = boot_kernel(emulator, Kernel(kernel.elf, str(image)), LIMITS, ())
    return Run(Path.cwd(), Boot(3), record, kernel.elf)


def notes_of(run: Run) -> List[Group]:
    """For each program what the test kernel has noted; the last one may not have ended."""
    try:
        return grouped(run.observed_so_far(), "program")
    except (NotReached, LookupError):
        return []                       # nothing is known of its memory


def agrees(row: Row, vector: int, value: int, emulator: str) -> bool:
    if row.kind == NOT_ON_QEMU and emulator == "qemu" and vector < SLICES:
        return True
    if row.vector == SEVERAL:           # floating point: an exception, or it is allowed
        return vector in (6, 7, EXIT)
    mask = 0xFFFFFFFF if vector == EXIT else -1
    return row.vector == vector and (row.vector == SLICES or row.value == ANY
                                     or row.value & mask == value & mask)


def judge(run: Run, names: Sequence[str], rows: Optional[Sequence[Row]], seen: Seen) -> int:
    """Count what came of a boot; the number of the last program that began, or -1."""
    last, name, ends = -1, "the boot", []
    for note in notes_of(run):
        last, seen.programs = note["program"], seen.programs + 1
        name = names[last]
        if "vector" not in note:
            break
        vector, value = note["vector"], signed(note.get("value", 0))
        ends.append(vector)
        # A random program may jump back to where it found that out, into its own leavings.
        if rows and vector == EXIT and value & 0xFFFFFFFF == LEAKED:
            seen.leaks += 1
            seen.wrong.append(f"{name}: before it began, its fresh pages were not zero")
        elif rows and not agrees(rows[last], vector, value, run.emulator):
            expected = in_words(rows[last].vector, rows[last].value)
            seen.wrong.append(f"{name}: expected {expected}, it ended with "
                              f"{in_words(vector, value)}")
        lost = signed(note["frames lost"])
        if lost:
            seen.lost += abs(lost)
            seen.wrong.append(f"{name}: {lost} frames lost")
        if "neighbour harmed" in note:
            seen.leaks += 1
            seen.wrong.append(f"{name}: the neighbour is harmed "
                              f"({note['neighbour harmed'] & 0xFFFFFFFF:#x} in innocent.S)")
            return last
    check_record(run, ends, name, seen)
    try:
        run.observed
    except (NotReached, LookupError):
        seen.deaths += 1
        seen.wrong.append(f"{name}: the kernel died: {run.stopped()}; {run.last_words[:200]}")
    return last


def check_record(run: Run, ends: Sequence[int], name: str, seen: Seen) -> None:
    """The kernel's notes are claims: the emulator has recorded each exception by itself."""
    events = run.exceptions()
    stepped = 1 if run.emulator == "bochs" and "linux_entry" in run.symbols.names else None
    inside = [each for each in events       # Bochs takes a step behind `syscall`: see linux.c
              if each.cpl == 0 and each.vector != stepped]
    if inside:
        seen.deaths += 1
        seen.wrong.append(f"{name}: {decode.vector(inside[0].vector)} in the kernel itself")
    # For Bochs int1 is a software interrupt.
    recorded = [event.vector for event in events if event.cpl == 3 and event.vector != 1]
    noted = [vector for vector in ends if vector < SLICES and vector != 1]
    if recorded[:len(noted)] != noted:
        seen.wrong.append(f"up to {name}: the kernel has noted {len(noted)} exceptions of ring "
                          f"3, {run.emulator} has recorded {len(recorded)} and others")


def run_rows(emulator: str, kernel: Kernel, rows: Sequence[Row], tried: range) -> Seen:
    """Some rows; after a kernel's death those behind it, in a new boot."""
    seen, names = Seen(), [row.name for row in rows]
    while tried and seen.deaths + seen.leaks < DEATHS:
        order = (0, tried.start, tried.step, tried.stop)
        last = judge(boot(emulator, kernel, order), names, rows, seen)
        if last < 0:
            break
        tried = range(last + tried.step, tried.stop, tried.step)
    return seen


def hostile(kernel: Kernel, tried: range) -> Tuple[str, List[str]]:
    """The summary, and what is wrong."""
    rows = rows_of(kernel)
    with workers() as pool:
        both = list(pool.map(lambda name: run_rows(name, kernel, rows, tried), BOTH))
    files = sum(rows[number].kind == FILE for number in tried)
    wrong = []
    for emulator, seen in zip(BOTH, both):
        wrong += [f"{emulator}: {line}" for line in seen.wrong]
        if seen.programs != len(tried):
            wrong.append(f"{emulator}: only {seen.programs} of {len(tried)} were run")
    return (f"{len(tried) - files} programs, {files} malformed files: "
            f"{sum(seen.deaths for seen in both)} kernel deaths, "
            f"{sum(seen.leaks for seen in both)} leaks, "
            f"{sum(seen.lost for seen in both)} frames lost, on two emulators"), wrong


def run_tables(tree: Path, name: str = "", step: int = 1) -> Tuple[List[str], List[str]]:
    """All tables, or the row of that name: the summaries, and what is wrong."""
    summaries, wrong = [], []
    for lab, arguments in TABLES.items():
        kernel = make(tree, *arguments)
        chosen = [at for at, row in enumerate(rows_of(kernel)) if name in ("", row.name)]
        if chosen:
            summary, more = hostile(kernel, range(chosen[0], chosen[-1] + 1, step))
            summaries.append(summary + lab)
            wrong += more
    if not summaries:
        raise CourseError(f"ROW={name}: no row of grading/hostile has this name")
    return summaries, wrong


def number(name: str, words: str, default: int) -> int:
    if words and not (words.isdecimal() and 0 < int(words) < 1 << 32):
        raise CourseError(f"{name}={words}: that is no number from 1 to 4294967295")
    return int(words or default)


def fuzz(tree: Path, seed: int, programs: int) -> List[str]:
    """Boots of random programs, every fourth on Bochs; what is wrong."""
    kernel, done = make(tree), [0]

    def pack(first: int) -> Seen:
        seen, most = Seen(), min(PACK, programs - first)
        emulator = "bochs" if first // PACK % 4 == 3 else "qemu"
        names = [f"seed {seed + first + i} (make fuzz SEED={seed + first + i} PROGRAMS=1)"
                 for i in range(most)]
        judge(boot(emulator, kernel, (seed + first, 0, 1, most)), names, None, seen)
        if seen.programs != most and not seen.wrong:
            seen.wrong.append(f"seed {seed + first}: only {seen.programs} of {most} were run")
        done[0] += seen.programs
        return seen
    try:
        with workers() as pool:
            return [line for seen in pool.map(pack, range(0, programs, PACK))
                    for line in seen.wrong]
    except (KeyboardInterrupt, SystemExit):
        print(f"\nfuzz: {done[0]} of {programs} programs were run, from seed {seed} on")
        raise


def main(arguments: List[str]) -> int:
    """hostile rows NAME | fuzz SEED PROGRAMS"""
    kind, *words = arguments
    if kind == "rows":
        summaries, wrong = run_tables(Path.cwd(), words[0])
    else:
        seed, programs = number("SEED", words[0], 1), number("PROGRAMS", words[1], 1000)
        wrong = fuzz(Path.cwd(), seed, programs)
        summaries = [f"{programs} random programs from seed {seed} on: {len(wrong)} failures"]
    print(*wrong, *summaries, sep="\n")
    return 1 if wrong else 0
