"""What a grading run leaves for programs, and for whoever looks again."""
import json
import os
import re
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as xml
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any, Dict

from jinja2 import Environment, FileSystemLoader

from ringstep.grading import report
from ringstep.grading.grade import Grader
from ringstep.grading.submission import SubmissionError
from ringstep.grading.text import visible
from ringstep.grading.verdict import GRADER_ERROR, NOT_RUN, PASS, TODO, Finding, Grade, trim
from ringstep.machine import sandbox

Json = Dict[str, Any]
NAMES = ("report.txt", "report.html", "junit.xml", "results.json", "grade.json")
TOOLS = {"gcc": "--version", "qemu-system-x86_64": "--version", "bochs": "--help"}


@lru_cache()
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
        "id": grade.id, "file": grade.path, "verdict": grade.verdict, "state": grade.state,
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
    return trim(grade.compiler) or grade.refused or grade.state


def gradescope(grader: Grader) -> Json:
    """results.json as Gradescope's autograder wants it."""
    tests = [{"name": f"{grade.id} {Path(grade.path).name}",
              "score": grade.score, "max_score": grade.points,
              "output": in_short(grader, grade), "output_format": "text",
              "status": "passed" if grade.verdict == PASS else "failed",
              "number": grade.id, "tags": [f"lab{grade.lab}"], "visibility": "visible"}
             for grade in grader.exercises.values()]
    return {"score": grader.score, "output": "\n".join([*grader.submission.notes[:report.NOTES],
                                                        sandbox.describe()]),
            "output_format": "text", "visibility": "visible", "stdout_visibility": "hidden",
            "execution_time": round(grader.seconds), "tests": tests}


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


def put(file: Path, content: str) -> None:
    """Whole or not at all."""
    part = file.with_name(f".{file.name}.part")
    part.write_text(content, "utf-8")
    os.replace(part, file)


def clear(folder: Path) -> None:
    """No report is left of another hand-in."""
    for name in NAMES:
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / "files", ignore_errors=True)


def write(folder: Path, text: str, junit_xml: str, results: Json, data: Json) -> None:
    """The same files whatever became of a hand-in; grade.json last, which says that they are
    whole."""
    shown, results = cleaned(data), cleaned(results)
    page = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)
    html = page.get_template("report.html.jinja").render(text=text, why=data.get("refused"), **{
        name: shown[name] for name in ("score", "points", "exercises")})
    for name, content in zip(NAMES, (text.strip() + "\n", html + "\n", junit_xml + "\n",
                                     as_json(results), as_json(shown))):
        put(folder / name, content)


def as_json(data: Json) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def write_all(grader: Grader, folder: Path, **more: Any) -> None:
    """What programs read, what a person reads, and the files that were graded."""
    folder.mkdir(parents=True, exist_ok=True)
    clear(folder)
    for path, content in grader.submission.files.items():
        file = folder / "files" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    write(folder, "\n".join(report.table(grader)), junit(grader), gradescope(grader),
          {**record(grader), **more})


def write_refused(folder: Path, why: str, points: int, **more: Any) -> None:
    """Of a hand-in that was not graded: why."""
    folder.mkdir(parents=True, exist_ok=True)
    clear(folder)
    case = xml.Element("testcase", classname="hand-in", name="can be graded")
    xml.SubElement(case, "error", message=visible(why))
    suites = xml.Element("testsuites")
    xml.SubElement(suites, "testsuite", name="hand-in", tests="1", errors="1").append(case)
    said = f"This hand-in could not be graded: {why}"
    results = {"score": 0, "output": said, "output_format": "text", "visibility": "visible",
               "tests": [{"name": "hand-in", "score": 0, "max_score": points, "output": said,
                          "status": "failed", "number": "0", "visibility": "visible"}]}
    write(folder, said, xml.tostring(suites, encoding="unicode"), results,
          {"refused": why, "score": 0, "points": points, "exercises": [], **more})
