"""Figures, never verdicts: how long things take here and now. What is compared is
measured in turn, in one run: absolute times say something of this machine only."""
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from ringstep.course.labs import exercises, lab_of
from ringstep.grading.grade import Grader
from ringstep.grading.harness import BOTH
from ringstep.grading.mutants import changed, solution, table
from ringstep.grading.report import record
from ringstep.grading.submission import Submission
from ringstep.grading.verdict import PASS
from ringstep.machine import qemu

ROUNDS = 9

# A boot sector that ends at once: mov dx, 0x604; mov ax, 0x2000; out dx, ax; jmp $
NOTHING = bytes.fromhex("ba0406b80020efebfe").ljust(510, b"\0") + b"\x55\xaa" + bytes(516096 - 512)


def timed(command, **more):
    start = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, **more)
    return time.perf_counter() - start


def until(image, words):
    """Seconds from starting QEMU to the words on its serial port (None: to its end)."""
    start = time.perf_counter()
    with subprocess.Popen([*qemu.command(image), "-serial", "stdio", "-monitor", "none"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL) as process:
        seen = b""
        while words is None or words not in seen:
            data = os.read(process.stdout.fileno(), 4096)
            if not data:
                break
            seen += data
        seconds = time.perf_counter() - start
        process.kill()
    return seconds


def build_times():
    with tempfile.TemporaryDirectory() as folder:
        for lab in (1, 2, 3):
            print(f"clean build of lab {lab}: {timed(['make', f'LAB={lab}', f'BUILD={folder}/{lab}']):.2f} s")
        file = Path("labs/lab1-boot/kernel/console.c")
        words = ["make", "LAB=3", f"BUILD={folder}/3", "-W", str(file)]
        print(f"rebuild after one file: {statistics.median(timed(words) for _ in range(5)):.2f} s")


def solved_image():
    made = subprocess.run(["make", "LAB=3", "SOLVED=all"], stdout=subprocess.PIPE, text=True, check=True).stdout
    return next(word.strip(",") for word in made.split() if "ringstep.img" in word)


def boot_times():
    image = solved_image()
    with tempfile.NamedTemporaryFile(suffix=".img") as empty:
        empty.write(NOTHING)
        empty.flush()
        pairs = [(until(image, b"Hello from Ring 3!"), until(empty.name, None)) for _ in range(ROUNDS)]
    hello, nothing = (statistics.median(column) for column in zip(*pairs))
    ratio = statistics.median(a / b for a, b in pairs)
    print(f"QEMU to a boot sector that ends at once: {nothing:.3f} s; to Hello from Ring 3!: {hello:.3f} s; "
          f"ratio {ratio:.2f}")


def solutions(root, labs):
    return {path: (root / "solutions" / path).read_bytes() for id, _, path in exercises(root) if lab_of(id) in labs}


def grade_times(root):
    for labs in ([1], [2], [3], [1, 2, 3]):
        grader = Grader(root, Submission("solutions", solutions(root, labs)), labs)
        grader.run()
        print(f"make grade, lab {' '.join(map(str, labs))}: {grader.seconds:.1f} s, {grader.boots} boots, "
              f"{grader.seconds / grader.boots:.2f} s each")
    grader = Grader(root, Submission("solutions", solutions(root, [1])), [1], "1.2")
    grader.run()
    print(f"make grade ONLY=1.2: {grader.seconds:.1f} s")


BAD_ENDS = {
    "hangs": b"for (volatile int i = 0;; i++) ;",
    "floods the serial port": b"for (;;) printf(\"flood \");",
    "resets": b"asm volatile (\"lidt (%rsp); int3\");",
}


def bad_ends(root):
    """What a kernel that does not end costs, beside a good one, in turn."""
    path = "lab1-boot/exercises/interrupt_gate.c"
    for what, code in {"is right": b"", **BAD_ENDS}.items():
        files = solutions(root, [1])
        files[path] = files[path].replace(b"/* SOLUTION */", code).replace(b"#include <exercise.h>", b"#include <exercise.h>\n#include <console.h>")
        start = time.perf_counter()
        grader = Grader(root, Submission(what, files), [1])
        grader.run()
        broken = sum(r.verdict != PASS for e in grader.exercises.values() for r in e.results)
        print(f"make grade, lab 1 with a kernel that {what} in 1.4: {time.perf_counter() - start:.1f} s, "
              f"{grader.boots} boots, {broken} tests broken")


def memory():
    """The largest process of a boot: the emulator. In a process of its own, which has no other children."""
    program = ("import resource, sys; from ringstep.machine import qemu, bochs; from ringstep.machine.record import Limits; "
               "getattr(sys.modules['ringstep.machine.' + sys.argv[1]], 'boot')(sys.argv[2], sys.argv[3], Limits()); "
               "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
    folder = Path(solved_image()).parent
    for emulator in BOTH:
        made = subprocess.run([sys.executable, "-c", program, emulator, folder / "ringstep.img", folder / "kernel.elf"],
                              stdout=subprocess.PIPE, check=True)
        print(f"memory of {emulator}: {int(made.stdout) >> 10} MiB")


@contextmanager
def busy(loops):
    """So many endless loops beside us."""
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(loops)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


def verdicts(root, files, labs):
    grader = Grader(root, Submission("stable", files), labs)
    grader.run()
    return json.dumps(record(grader), sort_keys=True)


def stable(root, rounds=20, sample=6):
    """Grade the same things again and again, half of the time beside eight busy
    loops; what is recorded must not differ."""
    cases = [("the solutions", solutions(root, [1, 2, 3]), [1, 2, 3])]
    rows = table(root, "wrong")
    for id, what, find, put, *_ in rows[::max(1, len(rows) // sample)]:
        path = next(path for i, _, path in exercises(root) if i == id)
        cases.append((f"{id} {what}", {path: changed(solution(root, path), find, put, what)}, [lab_of(id)]))
    different = 0
    for name, files, labs in cases:
        seen = set()
        for number in range(rounds):
            with busy(8 if number % 2 else 0):
                seen.add(verdicts(root, files, labs))
        different += len(seen) > 1
        print(f"{name}: {'the same' if len(seen) == 1 else f'{len(seen)} DIFFERENT'} in {rounds} rounds", flush=True)
        if len(seen) > 1:
            for text in list(seen)[:2]:
                print(text[:100_000], file=open(f"build/unstable-{len(text)}.json", "w"))
    print(f"stable: {len(cases) - different} of {len(cases)}")
    return 1 if different else 0


def main(arguments):
    """bench | bench stable [rounds]"""
    root = Path.cwd()
    if arguments[:1] == ["stable"]:
        return stable(root, *map(int, arguments[1:2]))
    build_times()
    boot_times()
    grade_times(root)
    bad_ends(root)
    memory()
    return 0
