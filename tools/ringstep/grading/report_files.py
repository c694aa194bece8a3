"""What a grading run leaves for programs, and for whoever looks again."""
import json
import re
import subprocess
import tempfile
import xml.etree.ElementTree as xml
from dataclasses import asdict
from pathlib import Path
from typing import Any, Dict

from ringstep.grading import report
from ringstep.grading.grade import Grader
from ringstep.grading.submission import SubmissionError
from ringstep.grading.text import visible
from ringstep.grading.verdict import GRADER_ERROR, NOT_RUN, PASS, TODO, Finding, Grade, trim
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


def record(grader: Grader) -> Json:
    """grade.json: everything, in a form that is the same for the same submission and seed."""
    return {
        "submission": grader.submission.name,
        "notes": grader.submission.notes,
        "score": grader.score,
        "points": grader.points,
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
        "tests": [{
            "name": result.test.name, "what": result.test.sentence, "verdict": result.verdict,
            "solved": result.solved,
            "reproduce": report.command_of(grader, result),
            "look_at": report.place_of(grader, grade, result.test.source),
            "read": f"handouts/lab{grade.lab}.md",
            "emulators": {name: asdict(finding) for name, finding in result.findings.items()},
        } for result in grade.results],
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
    return {"score": grader.score, "output": sandbox.describe(), "output_format": "text",
            "tests": tests}


def junit(grader: Grader) -> str:
    """junit.xml: a test case a test; or one that says why nothing was tested."""
    suites = xml.Element("testsuites")
    for grade in grader.exercises.values():
        suite = xml.SubElement(suites, "testsuite", name=grade.id,
                               tests=str(max(1, len(grade.results))))
        why = grade.compiler or grade.refused
        for name, verdict, words in [
                (result.test.name, result.verdict, said(result.worst)) for result in grade.results
        ] or [(grade.verdict, grade.verdict, why)]:
            case = xml.SubElement(suite, "testcase", classname=grade.id, name=name)
            if verdict in (TODO, NOT_RUN):
                xml.SubElement(case, "skipped", message=verdict)
            elif verdict != PASS:
                kind = "error" if verdict == GRADER_ERROR else "failure"
                xml.SubElement(case, kind, message=visible(words))
    return xml.tostring(suites, encoding="unicode")


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


def write_all(grader: Grader, folder: Path, **more: Any) -> None:
    """What programs read, what a person reads, and the files that were graded."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in grader.submission.files.items():
        file = folder / "files" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    text = "\n".join(report.table(grader)).strip()
    (folder / "report.txt").write_text(text + "\n", "utf-8")
    (folder / "junit.xml").write_text(junit(grader) + "\n", "utf-8")
    for name, data in (("results", gradescope(grader)), ("grade", {**record(grader), **more})):
        shown = json.dumps(cleaned(data), indent=1, ensure_ascii=False)
        (folder / f"{name}.json").write_text(shown + "\n", "utf-8")
