"""What a grading run leaves for programs, and for whoever looks again."""
import io
import json
import re
import subprocess
import tempfile
import xml.etree.ElementTree as xml
from contextlib import redirect_stdout
from dataclasses import asdict
from pathlib import Path
from typing import Any, Dict

from ringstep.grading import report
from ringstep.grading.grade import Grader
from ringstep.grading.submission import SubmissionError
from ringstep.grading.text import visible
from ringstep.grading.verdict import (GRADER_ERROR, NOT_RUN, PASS, TODO, Finding, Grade, Result,
                                      trim)
from ringstep.machine import sandbox

Json = Dict[str, Any]
TOOLS = {"gcc": "--version", "qemu-system-x86_64": "--version", "bochs": "--help"}


def version(name: str) -> str:
    try:
        printed = subprocess.run([name, TOOLS[name]], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
    except OSError:
        return "missing"
    words = re.sub(r"\[.*?\]|0000", "", printed.decode("utf-8", "replace"))
    match = re.search(r"(\d+\.\d+(?:\.\d+)?)", words)
    return match[1] if match else "unknown"


def score_of(grader: Grader) -> int:
    return sum(grade.score for grade in grader.exercises.values())


def points_of(grader: Grader) -> int:
    return sum(grade.points for grade in grader.exercises.values())


def record(grader: Grader) -> Json:
    """grade.json: everything, in a form that is the same for the same submission and seed."""
    return {
        "submission": grader.submission.name,
        "notes": grader.submission.notes,
        "score": score_of(grader),
        "points": points_of(grader),
        "seed": grader.seed,
        "sandbox": sandbox.describe(),
        "versions": {name: version(name) for name in TOOLS},
        "exercises": [record_of(grader, grade) for grade in grader.exercises.values()],
    }


def record_of(grader: Grader, grade: Grade) -> Json:
    return {
        "id": grade.id, "file": grade.path, "verdict": grade.verdict,
        "score": grade.score, "points": grade.points,
        "compiler": trim(grade.compiler), "refused": grade.refused,
        "tests": [record_of_test(grader, grade, result) for result in grade.results],
    }


def record_of_test(grader: Grader, grade: Grade, result: Result) -> Json:
    return {
        "name": result.test.name, "what": result.test.sentence, "verdict": result.verdict,
        "solved": list(result.solved),
        "reproduce": report.command_of(grader, result),
        "look_at": report.place_of(grader, grade, result.test.source),
        "read": f"handouts/lab{grade.lab}.md",
        "emulators": {name: asdict(finding) for name, finding in result.findings.items()},
    }


# ---- for other programs --------------------------------------------------

def said(finding: Finding) -> str:
    return f"expected {finding.expected.rstrip('.')}; {finding.got}"


def in_short(grader: Grader, grade: Grade) -> str:
    """What is wrong with an exercise, in a line or two."""
    failed = next((r for r in grade.results if r.verdict not in (PASS, NOT_RUN)), None)
    if failed:
        return (f"{failed.test.name}: {said(failed.worst)}\n"
                f"{report.command_of(grader, failed)}")
    return grade.compiler or grade.refused or grade.verdict


def gradescope(grader: Grader) -> Json:
    """results.json as Gradescope's autograder wants it."""
    tests = [{"name": f"{grade.id} {Path(grade.path).name}",
              "score": grade.score, "max_score": grade.points,
              "output": in_short(grader, grade),
              "status": "passed" if grade.verdict == PASS else "failed"}
             for grade in grader.exercises.values()]
    return {"score": score_of(grader), "output": sandbox.describe(), "output_format": "text",
            "tests": tests}


def junit(grader: Grader) -> str:
    """junit.xml: a test case a test."""
    suites = xml.Element("testsuites")
    for grade in grader.exercises.values():
        suite = xml.SubElement(suites, "testsuite", name=grade.id,
                               tests=str(max(1, len(grade.results))))
        for result in grade.results:
            words = said(result.worst) if result.findings else ""
            add_case(suite, grade.id, result.test.name, result.verdict, words)
        if not grade.results:
            add_case(suite, grade.id, grade.verdict, grade.verdict,
                     grade.compiler or grade.refused)
    return xml.tostring(suites, encoding="unicode")


def add_case(suite: xml.Element, id: str, name: str, verdict: str, words: str) -> None:
    case = xml.SubElement(suite, "testcase", classname=id, name=name)
    if verdict in (TODO, NOT_RUN):
        xml.SubElement(case, "skipped", message=verdict)
    elif verdict != PASS:
        kind = "error" if verdict == GRADER_ERROR else "failure"
        xml.SubElement(case, kind, message=visible(words))


# ---- files ---------------------------------------------------------------

def can_write(folder: Path) -> None:
    """Before an hour of grading, not after it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise SubmissionError(f"REPORT={folder}: cannot be written to ({error.strerror})") from None


def cleaned(data: Any) -> Any:
    """A record whose texts can be shown."""
    if isinstance(data, str):
        return visible(data)
    if isinstance(data, dict):
        return {cleaned(name): cleaned(value) for name, value in data.items()}
    return [cleaned(each) for each in data] if isinstance(data, (list, tuple)) else data


def write_json(file: Path, data: Json) -> None:
    file.write_text(json.dumps(cleaned(data), indent=1, ensure_ascii=False) + "\n", "utf-8")


def write_all(grader: Grader, folder: Path, **more: Any) -> None:
    """What programs read, what a person reads, and the files that were graded."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in grader.submission.files.items():
        file = folder / "files" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    words = io.StringIO()
    with redirect_stdout(words):
        report.table(grader)
    (folder / "report.txt").write_text(words.getvalue().strip() + "\n", "utf-8")
    (folder / "junit.xml").write_text(junit(grader) + "\n", "utf-8")
    write_json(folder / "results.json", gradescope(grader))
    write_json(folder / "grade.json", {**record(grader), **more})
