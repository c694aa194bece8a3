"""What a grading run says: a table for people, and files for other programs."""
import io
import json
import re
import shlex
import subprocess
import sys
import tempfile
import textwrap
import xml.etree.ElementTree as xml
from contextlib import redirect_stdout
from pathlib import Path

from ringstep.course.labs import lab_of
from ringstep.grading.submission import SubmissionError
from ringstep.grading.verdict import CHECKS, GRADER_ERROR, NOT_RUN, PASS, TIMEOUT, TODO, trim
from ringstep.machine import sandbox

WIDTH = 96
SHOWN = 2           # failing tests of an exercise that are explained; the others are named


class Progress:
    """One line that says what is being done, on a terminal only."""

    def __init__(self):
        self.live, self.count = sys.stderr.isatty(), 0

    def __call__(self, text):
        self.count += 1
        if self.live:
            print(f"\r\033[K{self.count} boots, last: {text[:60]}", end="", file=sys.stderr, flush=True)

    def done(self):
        if self.live:
            print("\r\033[K", end="", file=sys.stderr, flush=True)


def harmless(text):
    """Without what a terminal would obey."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", "?", text)


def place_of(grader, exercise, source):
    """"labs/…/gdt_load.S:25": where the function under test is, in the student's file."""
    data = grader.submission.files.get(exercise.path, b"").decode("utf-8", "replace")
    for number, line in enumerate(data.split("\n"), 1):
        if source and re.match(rf"(?:[\w*]+[ *]+)*{source}\s*[(:]", line):
            return f"labs/{exercise.path}:{number}"
    return f"labs/{exercise.path}"


def command_of(grader, result):
    """How to boot the same kernel by hand: with what came from the solutions, too."""
    boot, name = result.test.boot, grader.submission.name
    solved = ["earlier"][:boot.lab - 1] + list(result.solved)
    make = "make" if name in ("labs", "solutions") else f"make open SUBMISSION={shlex.quote(name)} && make -C build/opened"
    return " ".join([f"{make} qemu-nox LAB={boot.lab}", *[f"TEST={boot.test}"][:bool(boot.test)],
                     *["SOLVED=" + ",".join(solved)][:bool(solved)]])


def paragraph(label, text):
    lines = harmless(text).split("\n")
    first = textwrap.wrap(lines[0], WIDTH - 14) or [""]
    rest = [part for line in lines[1:] for part in textwrap.wrap(line, WIDTH - 14) or [""]]
    print(f"    {label:9} {first[0]}")
    for line in first[1:] + rest:
        print(f"    {'':9} {line}")


def quoted(text, most=300):
    return f'says "{text[:most]}{" …" if len(text) > most else ""}"'


def explain(grader, exercise, result, told=None):
    """Everything that a student needs about one test that does not pass, without what
    `told` has: (label, text) of what was said of an earlier test of the exercise."""
    told, worst = set() if told is None else told, result.worst
    names = [name for name, f in result.findings.items() if f.verdict == result.verdict]

    def once(label, text):
        if text and (label, text) not in told:
            told.add((label, text))
            paragraph(label, text)

    print(f"\n  {exercise.id}  {result.test.name}: {result.verdict} on {' and '.join(names)}")
    if worst.verdict == GRADER_ERROR:
        paragraph("broken", worst.got + "; this is not the submission's fault, and was not graded")
        return
    if worst.verdict != TODO:
        paragraph("expected", worst.expected)
        paragraph("machine", worst.got)
    if worst.said not in worst.got:
        once("kernel", quoted(worst.said))
    once("cause", worst.cause)
    if result.differs and worst.verdict != TIMEOUT:
        paragraph("differs", "; ".join(
            f"{name}: {f.verdict}" for name, f in result.findings.items()) + ". " + CHECKS[names[0]])
    bochs = result.findings.get("bochs")
    once("Bochs", bochs and bochs.reason and quoted(bochs.reason))
    once("look at", place_of(grader, exercise, result.test.source))
    if ("try", command_of(grader, result)) not in told:         # on one line: it is to be copied
        told.add(("try", command_of(grader, result)))
        print(f"    {'try':9} {command_of(grader, result)}")
    once("read", f"handouts/lab{lab_of(exercise.id)}.md, Exercise {exercise.id}")


def only_alone(grader, exercise):
    """Whether an exercise passes, but not beside the others of its lab, which pass, too:
    who is to blame is not known then."""
    return exercise.together and all(e.verdict == PASS for e in grader.exercises.values() if lab_of(e.id) == lab_of(exercise.id))


def explain_exercise(grader, exercise):
    """The compiler's words, or the first tests that do not pass, and how many more."""
    if exercise.compiler:
        print(f"\n  {exercise.id}  does not compile")
        paragraph("compiler", trim(exercise.compiler))
        paragraph("look at", f"labs/{exercise.path}")
    if only_alone(grader, exercise):
        print(f"\n  {exercise.id}  passes with the other exercises solved, but not beside yours")
        paragraph("expected", exercise.together.worst.expected)
        paragraph("machine", exercise.together.worst.got)
        paragraph("so", "one of your other exercises has a mistake that no test of its own sees")
    failed = [r for r in exercise.results if r.verdict not in (PASS, NOT_RUN)]
    shown, told = 1 if exercise.verdict == TODO else SHOWN, set()
    for result in failed[:shown]:
        explain(grader, exercise, result, told)
    more = [r.test.name for r in failed[shown:]]
    if more and exercise.verdict != TODO:
        paragraph("and", f"{len(more)} more of its tests: {', '.join(more)} (see them with ONLY={more[0]})")
    unseen = [r for r in exercise.results if r.verdict == NOT_RUN]
    waits = sorted({f.waits_for for r in unseen for f in r.findings.values() if f.waits_for})
    names = ", ".join(r.test.name for r in unseen)
    if waits:
        if not failed:
            print(f"\n  {exercise.id}  nothing is wrong so far")
        paragraph("not run", f"{names}: the kernel comes no further than exercise {' and '.join(waits)}, which is not "
                  "written or not right yet, and there is no solution here to take its place")
    elif unseen and failed:
        paragraph("not run", f"{names}: the same boot did not come that far")


def table(grader):
    """The whole report on the terminal."""
    root_lines = []
    notes = grader.submission.notes
    for note in notes[:20] + [f"… and {len(notes) - 20} more"][:len(notes) > 20]:
        print(harmless(note))
    for lab in grader.labs:
        mine = [e for e in grader.exercises.values() if lab_of(e.id) == lab]
        if not mine:
            continue
        print(f"\nLab {lab}")
        for exercise in mine:
            passed = sum(r.verdict == PASS for r in exercise.results)
            tests = f"{passed} of {len(exercise.results)} tests" if exercise.results else ""
            print(f"  {exercise.id}  {Path(exercise.path).name:24} {exercise.verdict:13}"
                  f"{exercise.score:3}/{exercise.points:<3}  {tests}")
        for exercise in mine:
            explain_exercise(grader, exercise)
        but = "   but they do not work together: see above" if any(only_alone(grader, e) for e in mine) else ""
        root_lines.append((lab, sum(e.score for e in mine), sum(e.points for e in mine), but))
    print(f"\n{grader.boots} boots in {grader.seconds:.1f} s; {sandbox.describe()}")
    for lab, score, points, but in root_lines:
        print(f"Lab {lab} Score: {score}/{points}{but}")
    if len(root_lines) > 1:
        print(f"Total Score: {sum(s for _, s, _, _ in root_lines)}/{sum(p for _, _, p, _ in root_lines)}")


def versions():
    found = {}
    for name in ("gcc", "qemu-system-x86_64", "bochs"):
        option = "--help" if name == "bochs" else "--version"
        try:
            output = subprocess.run([name, option], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT).stdout.decode("utf-8", "replace")
            match = re.search(r"(\d+\.\d+(?:\.\d+)?)", re.sub(r"\[.*?\]", "", output.replace("0000", "")))
            found[name] = match[1] if match else "unknown"
        except OSError:
            found[name] = "missing"
    return found


def record(grader):
    """grade.json: everything, in a form that is the same for the same submission."""
    return {
        "submission": grader.submission.name,
        "notes": grader.submission.notes,
        "score": sum(e.score for e in grader.exercises.values()),
        "points": sum(e.points for e in grader.exercises.values()),
        "sandbox": sandbox.describe(),
        "versions": versions(),
        "exercises": [{
            "id": e.id, "file": e.path, "verdict": e.verdict, "score": e.score, "points": e.points,
            "compiler": trim(e.compiler),
            "tests": [{
                "name": r.test.name, "what": r.test.sentence, "verdict": r.verdict, "solved": list(r.solved),
                "reproduce": command_of(grader, r), "look_at": place_of(grader, e, r.test.source),
                "read": f"handouts/lab{lab_of(e.id)}.md",
                "emulators": {name: vars(f) for name, f in r.findings.items()},
            } for r in e.results],
        } for e in grader.exercises.values()],
    }


def said(finding):
    return f"expected {finding['expected'].rstrip('.')}; {finding['got']}"


def gradescope(data):
    """results.json as Gradescope's autograder wants it."""
    tests = []
    for e in data["exercises"]:
        worst = next((t for t in e["tests"] if t["verdict"] not in (PASS, NOT_RUN)), None)
        words = e["verdict"]
        if worst:
            f = next(f for f in worst["emulators"].values() if f["verdict"] == worst["verdict"])
            words = f"{worst['name']}: {said(f)}\n{worst['reproduce']}"
        elif e["compiler"]:
            words = e["compiler"]
        tests.append({"name": f"{e['id']} {Path(e['file']).name}", "score": e["score"],
                      "max_score": e["points"], "output": harmless(words),
                      "status": "passed" if e["verdict"] == PASS else "failed"})
    return {"score": data["score"], "output_format": "text", "tests": tests}


def junit(data):
    """junit.xml: a test case a test."""
    suites = xml.Element("testsuites")
    for e in data["exercises"]:
        suite = xml.SubElement(suites, "testsuite", name=e["id"], tests=str(max(1, len(e["tests"]))))
        for t in e["tests"] or [{"name": e["verdict"], "verdict": e["verdict"], "emulators": {}}]:
            case = xml.SubElement(suite, "testcase", classname=e["id"], name=t["name"])
            if t["verdict"] in (TODO, NOT_RUN):
                xml.SubElement(case, "skipped", message=t["verdict"])
            elif t["verdict"] != PASS:
                f = next((f for f in t["emulators"].values() if f["verdict"] == t["verdict"]), None)
                words = said(f) if f else e["compiler"]
                kind = "error" if t["verdict"] == GRADER_ERROR else "failure"
                xml.SubElement(case, kind, message=harmless(words))
    return xml.tostring(suites, encoding="unicode")


def can_write(folder):
    """Before an hour of grading, not after it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise SubmissionError(f"REPORT={folder}: cannot be written to ({error.strerror})") from None


def write_all(grader, folder):
    """What programs read, what a person reads, and the files that were graded."""
    folder.mkdir(parents=True, exist_ok=True)
    data, words = record(grader), io.StringIO()
    with redirect_stdout(words):
        table(grader)
    for path, content in grader.submission.files.items():
        file = folder / "files" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    for name, text in (("report.txt", words.getvalue().strip()), ("grade.json", json.dumps(data, indent=1, ensure_ascii=False)),
                       ("results.json", json.dumps(gradescope(data), indent=1, ensure_ascii=False)),
                       ("junit.xml", junit(data))):
        (folder / name).write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
