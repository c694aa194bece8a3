"""make check-stable: what the grader records must not depend on how busy the machine is."""
import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

from ringstep.course.labs import exercises, lab_of, labs
from ringstep.grading.grade import Grader
from ringstep.grading.mutants import changed, solution, table
from ringstep.grading.report_files import record
from ringstep.grading.submission import Submission

ROUNDS = 20
SAMPLE = 6          # wrong kernels, beside the solutions
LOOPS = 8

Case = Tuple[str, Dict[str, bytes], List[int]]      # name, files, labs


@contextmanager
def busy(loops: int) -> Iterator[None]:
    """So many endless loops beside us."""
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(loops)]
    try:
        yield
    finally:
        for process in spinning:
            process.kill()
            process.wait()


def cases(root: Path) -> Iterator[Case]:
    every = exercises(root)
    yield ("the solutions", {e.path: (root / "solutions" / e.path).read_bytes() for e in every},
           [lab.number for lab in labs(root)])
    rows = table(root, "wrong")
    paths = {e.id: e.path for e in every}
    for row in rows[::max(1, len(rows) // SAMPLE)]:
        path = paths[row.exercise]
        wrong = changed(solution(root, path), row.find, row.put, row.what)
        yield f"{row.exercise} {row.what}", {path: wrong}, [lab_of(row.exercise)]


def recorded(root: Path, files: Dict[str, bytes], numbers: List[int]) -> str:
    grader = Grader(root, Submission("stable", files), numbers, seed="stable")
    grader.run()
    return json.dumps(record(grader), sort_keys=True)


def same(root: Path, case: Case, rounds: int) -> bool:
    """Grade one thing again and again, half of the time beside busy loops."""
    name, files, numbers = case
    seen = set()
    for number in range(rounds):
        with busy(LOOPS if number % 2 else 0):
            seen.add(recorded(root, files, numbers))
    said = "the same" if len(seen) == 1 else f"{len(seen)} DIFFERENT"
    print(f"{name}: {said} in {rounds} rounds", flush=True)
    if len(seen) > 1:
        for text in sorted(seen)[:2]:
            Path(f"build/unstable-{len(text)}.json").write_text(text)
    return len(seen) == 1


def main(arguments: List[str]) -> int:
    """stable [rounds]"""
    rounds = int(arguments[0]) if arguments else ROUNDS
    verdicts = [same(Path.cwd(), case, rounds) for case in cases(Path.cwd())]
    print(f"stable: {sum(verdicts)} of {len(verdicts)}")
    return 0 if all(verdicts) else 1
