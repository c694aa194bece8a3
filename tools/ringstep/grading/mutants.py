"""The grader's own test: wrong kernels, cheats, and right solutions unlike ours.

`quick` runs, for each wrong solution, the test that must catch it; `full` grades
every lab with each of them, and expects that one mistake costs one exercise.
"""
import hashlib
import io
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from pathlib import Path

from ringstep.course.labs import exercises, lab_of
from ringstep.grading import report
from ringstep.grading.grade import Grader, boot_kernel
from ringstep.grading.rows import Cheat, Right, Wrong
from ringstep.grading.submission import Submission
from ringstep.grading.verdict import GRADER_ERROR, NOT_RUN, PASS
from ringstep.machine import process


def table(root, name):
    """The rows of grading/mutants/NAME*.py."""
    if str(root) not in sys.path:
        sys.path.append(str(root))
    modules = [import_module(f"grading.mutants.{file.stem}") for file in sorted(root.glob(f"grading/mutants/{name}*.py"))]
    return [named(name, row) for module in modules for row in getattr(module, name.upper())]


def named(name, row):
    """A row of an older table, which is a tuple without names."""
    if isinstance(row, (Wrong, Cheat, Right)):
        return row
    if name == "cheats":
        return Cheat(row[1], row[0], *row[2:])
    return (Wrong if name == "wrong" else Right)(*row)


def solution(root, path):
    return (root / "solutions" / path).read_text()


def path_of(root, id):
    return next(path for exercise, _, path in exercises(root) if exercise == id)


def solutions(root, lab):
    return {path: solution(root, path).encode() for id, _, path in exercises(root) if lab_of(id) == lab}


def changed(text, find, put, name):
    if text.count(find) != 1:
        raise SystemExit(f"{name}: the text to find is there {text.count(find)} times, not once: {find!r}")
    return text.replace(find, put).encode()


@dataclass(frozen=True)
class Bits:
    """A kernel, equal to every other whose disk image has the same bits."""
    digest: str
    kernel: object = field(compare=False)


@lru_cache(100)         # a lab's solutions come again with every row, a row's own kernels soon or never
def boot_once(emulator, bits, limits, points):
    return boot_kernel(emulator, bits.kernel, limits, points)


def boot_remembered(emulator, kernel, limits, points):
    """As boot_kernel(). Where one exercise is wrong, most kernels are the solutions', and an
    emulator does the same again with the same bits, as `bench stable` sees to."""
    digest = hashlib.sha256(Path(kernel.image).read_bytes()).hexdigest()
    return boot_once(emulator, Bits(digest, kernel), limits, points)


def graded(root, files, lab, only=None, emulators=("qemu", "bochs"), name="mutant"):
    grader = Grader(root, Submission(name, files), [lab], only, emulators, boot_kernel=boot_remembered)
    grader.run()
    return grader


def explained(grader, exercise):
    """All that the report says about an exercise, on one line."""
    words = io.StringIO()
    with redirect_stdout(words):
        if exercise.compiler:
            print(exercise.compiler)
        for result in exercise.results:
            if result.verdict != PASS:
                report.explain(grader, exercise, result)
    return re.sub(r"\s+", " ", words.getvalue())


@dataclass
class Outcome:
    name: str
    caught: bool            # or, of a right solution: has full marks
    diagnosed: bool         # the report says what it must
    said: str               # the report, on one line


def try_wrong(root, row, full=False):
    id, what, find, put, test, words = row
    path, name, lab = path_of(root, id), f"{id} {what}", lab_of(id)
    files = solutions(root, lab) if full else {}
    files[path] = changed(solution(root, path), find, put, name)
    if full:
        grader = graded(root, files, lab)
    else:
        grader = graded(root, files, lab, test, ("qemu",))
        if grader.exercises[id].verdict == PASS:        # some things only Bochs sees
            grader = graded(root, files, lab, test, ("bochs",))
    exercise = grader.exercises[id]
    said = explained(grader, exercise)
    caught = any(r.test.name == test and r.verdict not in (PASS, NOT_RUN, GRADER_ERROR)
                 for r in exercise.results)
    if full:                        # the test may stand behind one that has seen it, too
        caught = exercise.verdict not in (PASS, GRADER_ERROR)
        innocent = [e.id for e in grader.exercises.values() if e.id != id and e.verdict != PASS]
        if innocent:
            return Outcome(name, False, False, f"it cost {' '.join(innocent)}, too; {said}")
    return Outcome(name, caught, words in said, said)


def try_wrong_in_full(root, row):
    return try_wrong(root, row, full=True)


def head_of(root, path):
    """A solution's text up to its last #include: the task, and the headers."""
    return re.match(r".*^#include [^\n]*\n", solution(root, path), re.S | re.M)[0]


def try_right(root, row):
    id, what, body = row
    path = path_of(root, id)
    extra = "".join(f"#include <{header}.h>\n" for header in ("string", "cpu", "gdt", "console") if path.endswith(".c"))
    files = {**solutions(root, lab_of(id)), path: (head_of(root, path) + extra + body).encode()}
    grader = graded(root, files, lab_of(id))
    bad = [e for e in grader.exercises.values() if e.verdict != PASS]
    return Outcome(f"{id} {what}", not bad, True, " ".join(explained(grader, e) for e in bad))


def try_cheat(root, row):
    id, what, body, words = row
    path = path_of(root, id)
    files = {**solutions(root, lab_of(id)), path: (head_of(root, path) + body).encode()}
    grader = graded(root, files, lab_of(id), id)
    exercise = grader.exercises[id]
    said = ("does not compile " if exercise.compiler else "") + explained(grader, exercise)
    whole = io.StringIO()
    with redirect_stdout(whole):
        report.table(grader)
    return Outcome(what, exercise.score == 0 and "\x1b" not in whole.getvalue(), words in said, said)


def in_parallel(function, root, rows):
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        jobs = [pool.submit(function, root, row) for row in rows]
        try:
            for number, job in enumerate(jobs, 1):
                yield job.result()
                if sys.stderr.isatty():
                    print(f"\r\033[K{number} of {len(jobs)}", end="", file=sys.stderr, flush=True)
                elif number % 50 == 0:          # a sign of life in a log
                    print(f"{number} of {len(jobs)}", flush=True)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            process.stop_all()
            raise


KINDS = {           # table, how a row is tried, what is said in the end
    "quick": ("wrong", try_wrong, "wrong solutions: caught {caught} of {all}, diagnosed {diagnosed} of {all}"),
    "full": ("wrong", try_wrong_in_full, "wrong solutions: caught {caught} of {all}, diagnosed {diagnosed} of {all}"),
    "cheats": ("cheats", try_cheat, "cheats: caught {caught} of {all}, diagnosed {diagnosed} of {all}"),
    "right": ("right", try_right, "right solutions: full marks for {caught} of {all}"),
}


def run(root, kind, only=""):
    """Try each row of a kind whose text contains `only`; whether all came out as they must."""
    name, function, summary = KINDS[kind]
    rows = [row for row in table(root, name) if only in f"{row[0]} {row[1]}"]
    if not rows:
        raise SystemExit(f"grading/mutants/{name}*.py has no row with \"{only}\"")
    caught = diagnosed = 0
    for outcome in in_parallel(function, root, rows):
        caught += outcome.caught
        diagnosed += outcome.caught and outcome.diagnosed
        if not (outcome.caught and outcome.diagnosed):
            wrong = "not diagnosed" if outcome.caught else "NOT FULL MARKS" if kind == "right" else "NOT CAUGHT"
            print(f"{wrong}: {outcome.name}\n    {report.harmless(outcome.said)[:1500]}", flush=True)
    print(summary.format(caught=caught, diagnosed=diagnosed, all=len(rows)), flush=True)
    return caught == diagnosed == len(rows)


def main(arguments):
    """mutants quick | full | right | cheats [text]"""
    return 0 if run(Path.cwd(), *arguments[:2]) else 1
