"""The grader's own test: wrong kernels, cheats, and right solutions unlike ours.

`quick` runs, for each wrong solution, the test that must catch it; `full` grades
every lab with each of them, and expects that one mistake costs one exercise.
"""
import importlib.util
import io
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from pathlib import Path

from . import report
from .grade import PASS, Grader
from .skeleton import exercises
from .submission import Submission


def table(root, name):
    spec = importlib.util.spec_from_file_location(name, root / f"grading/mutants/{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, name.upper())


def solution(root, path):
    return (root / "solutions" / path).read_text()


def solutions(root, lab):
    return {path: solution(root, path).encode() for id, _, path in exercises(root) if int(id[0]) == lab}


def changed(text, find, put, name):
    if text.count(find) != 1:
        raise SystemExit(f"{name}: the text to find is there {text.count(find)} times, not once: {find!r}")
    return text.replace(find, put).encode()


def graded(root, files, lab, only=None, emulators=("qemu", "bochs"), name="mutant"):
    grader = Grader(root, Submission(name, files), [lab], only, emulators)
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


def try_wrong(root, row, full):
    """(name, caught, diagnosed, what was said)"""
    id, what, find, put, test, words = row
    path = next(path for i, _, path in exercises(root) if i == id)
    name = f"{id} {what}"
    lab = int(id[0])
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
    caught = any(r.test.name == test and r.verdict not in (PASS, "not-run", "grader-error")
                 for r in exercise.results)
    if full:                        # the test may stand behind one that has seen it, too
        caught = exercise.verdict not in (PASS, "grader-error")
        innocent = [e.id for e in grader.exercises.values() if e.id != id and e.verdict != PASS]
        if innocent:
            return name, False, False, f"it cost {' '.join(innocent)}, too; {said}"
    return name, caught, words in said, said


def try_right(root, row):
    """(name, full marks, what was said)"""
    id, what, body = row
    path = next(path for i, _, path in exercises(root) if i == id)
    head = re.match(r".*^#include [^\n]*\n", solution(root, path), re.S | re.M)[0]
    extra = '#include <string.h>\n#include <cpu.h>\n#include <gdt.h>\n#include <console.h>\n' if path.endswith(".c") else ""
    files = solutions(root, int(id[0]))
    files[path] = (head + extra + body).encode()
    grader = graded(root, files, int(id[0]))
    bad = [e for e in grader.exercises.values() if e.verdict != PASS]
    return f"{id} {what}", not bad, " ".join(explained(grader, e) for e in bad)


def try_cheat(root, row):
    """(name, earned nothing and said why, what was said)"""
    what, id, body, words = row
    path = next(path for i, _, path in exercises(root) if i == id)
    head = re.match(r".*^#include [^\n]*\n", solution(root, path), re.S | re.M)[0]
    files = {**solutions(root, int(id[0])), path: (head + body).encode()}
    grader = graded(root, files, int(id[0]), id)
    said = explained(grader, grader.exercises[id])
    whole = io.StringIO()
    with redirect_stdout(whole):
        report.table(grader)
    honest = grader.exercises[id].score == 0 and "\x1b" not in whole.getvalue()
    if grader.exercises[id].compiler:
        said = "does not compile " + said
    return what, honest and words in said, said


def in_parallel(function, rows, *more):
    with ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        jobs = [pool.submit(function, *((row,) + more)) for row in rows]
        try:
            for number, job in enumerate(jobs, 1):
                yield job.result()
                if sys.stderr.isatty():
                    print(f"\r\033[K{number} of {len(jobs)}", end="", file=sys.stderr, flush=True)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def run_wrong(root, full=False, only=None):
    rows = [row for row in table(root, "wrong") if only is None or only in f"{row[0]} {row[1]}"]
    caught = diagnosed = 0
    for name, was_caught, was_diagnosed, said in in_parallel(lambda row: try_wrong(root, row, full), rows):
        caught += was_caught
        diagnosed += was_caught and was_diagnosed
        if not (was_caught and was_diagnosed):
            print(f"{'not diagnosed' if was_caught else 'NOT CAUGHT'}: {name}\n    {report.harmless(said)[:1500]}")
    print(f"wrong solutions: caught {caught} of {len(rows)}, diagnosed {diagnosed} of {len(rows)}", flush=True)
    return caught == diagnosed == len(rows)


def run_right(root):
    rows = table(root, "right")
    passed = 0
    for name, full_marks, said in in_parallel(lambda row: try_right(root, row), rows):
        passed += full_marks
        if not full_marks:
            print(f"NOT FULL MARKS: {name}\n    {report.harmless(said)[:1500]}")
    print(f"right solutions: full marks for {passed} of {len(rows)}", flush=True)
    return passed == len(rows)


def run_cheats(root):
    rows = table(root, "cheats")
    caught = 0
    for name, honest, said in in_parallel(lambda row: try_cheat(root, row), rows):
        caught += honest
        if not honest:
            print(f"NOT CAUGHT, or not said why: {name}\n    {report.harmless(said)[:1500]}")
    print(f"cheats: caught {caught} of {len(rows)}", flush=True)
    return caught == len(rows)


def main(arguments):
    """mutants quick | full | right | cheats [text]"""
    root, kind = Path.cwd(), arguments[0]
    only = arguments[1] if len(arguments) > 1 else None
    if kind == "cheats":
        return 0 if run_cheats(root) else 1
    if kind == "right":
        return 0 if run_right(root) else 1
    return 0 if run_wrong(root, kind == "full", only) else 1
