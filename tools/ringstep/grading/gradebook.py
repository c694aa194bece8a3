"""A class as a platform lists it, and grades and reports as it takes them back."""
import csv
import io
import re
import unicodedata
import zipfile
from pathlib import Path
from typing import Any, Dict, Iterable, List, Set, Tuple

from ringstep.grading.one import before
from ringstep.grading.report_files import put
from ringstep.grading.submission import SubmissionError
from ringstep.grading.text import cell, one_line

Line = Dict[str, str]
Json = Dict[str, Any]
Handed = Tuple[str, str, str]       # folder of the results, platform's number, student's name
OWN = ("identifier", "full name", "name", "student", "id", "id number", "sis user id",
       "sis login id", "email address", "email", "username", "user name", "github_username")
PARTS = ("first name", "last name", "surname")
REPORTS = ("report.html", "report.txt")
NO_STUDENT = re.compile(r"\s*Points Possible|\s*(Muted|Manual Posting.*)?$")


def plain(name: str) -> str:
    """Letters and digits alone, small and without accents: as platforms write names."""
    text = unicodedata.normalize("NFKD", name).casefold()
    return "".join(each for each in text if each.isalnum())


class Roster:
    """A CSV file that Moodle or Canvas has written: a grading worksheet, a gradebook, or a list
    of participants."""

    def __init__(self, file: Path):
        self.file = file
        try:
            data = file.read_bytes()
        except OSError as error:
            raise SubmissionError(f"ROSTER={file}: {error.strerror}") from None
        codes = ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "latin-1")
        for code in codes:
            try:
                text = data.decode(code)
                break
            except UnicodeError:
                text = ""
        first = text.partition("\n")[0]
        try:
            table = csv.DictReader(io.StringIO(text, newline=""), restval="",
                                   delimiter=max(",;\t", key=first.count))
            table.fieldnames = self.columns = [name.strip() for name in table.fieldnames or ()]
            self.lines: List[Line] = [line for line in table if any(line.values())]
        except csv.Error as error:
            raise SubmissionError(f"ROSTER={file}: is no table ({error})") from None
        self.is_canvas = self.columns[:2] == ["Student", "ID"]
        self.own = [name for name in self.columns if name.lower() in OWN]
        self.parts = [name for name in self.columns if name.lower() in PARTS]
        if not self.own and len(self.parts) < 2:
            raise SubmissionError(
                f"ROSTER={file}: has no column that tells students apart, only "
                f"{', '.join(self.columns)[:300] or 'an empty line'}; it should have those of "
                "Moodle's grading worksheet (Identifier, Full name, Grade) or list of participants "
                "(First name, Last name, Email address), or of Canvas' gradebook (Student, ID)")
        self.students = [line for line in self.lines
                         if not (self.is_canvas and NO_STUDENT.match(line["Student"]))]
        if not self.students:
            raise SubmissionError(f"ROSTER={file}: there is no student in it")

    def number(self, line: Line) -> str:
        """The platform's, which its names of hand-ins have, too."""
        return re.sub(r"\D", "", line.get("Identifier", "") or line.get("ID", ""))

    def name(self, line: Line) -> str:
        return next((line[name] for name in ("Full name", "Student", "name") if line.get(name)),
                    " ".join(line[name] for name in self.parts))

    def keys(self, line: Line) -> Set[str]:
        """All that a hand-in of this student may be called."""
        parts = [line[name] for name in self.parts]
        said = [line[name] for name in self.own] + [" ".join(parts), " ".join(parts[::-1])]
        said += [each.partition("@")[0] for each in said]
        said += [" ".join(each.split(None, 1)[::-1]) for each in said]
        return {plain(each) for each in said} - {""}

    def matched(self, found: Iterable[Handed]) -> Dict[str, Line]:
        """Which student each hand-in is of, by its folder."""
        by_key: Dict[str, List[Line]] = {}
        for line in self.students:
            for key in {self.number(line) and f"#{self.number(line)}", *self.keys(line)}:
                by_key.setdefault(key, []).append(line)
        owners: Dict[str, Line] = {}
        for folder, number, name in found:
            those: List[Line] = by_key.get(f"#{number}") or by_key.get(plain(name)) or []
            if len(those) > 1:
                raise SubmissionError(f"ROSTER={self.file}: {len(those)} students are called "
                                      f"{name}: whose is {folder}?")
            if not those:
                print(one_line(f"ROSTER={self.file}: has no student {name}, of {folder}"))
            elif those[0] in owners.values():
                raise SubmissionError(f"ROSTER={self.file}: there are two hand-ins of {name}, "
                                      f"{folder} and another one")
            else:
                owners[folder] = those[0]
        return owners

    def missing(self, found: Iterable[Handed]) -> List[Line]:
        """Who has handed in nothing."""
        owners = list(self.matched(found).values())
        return [line for line in self.students if line not in owners]


def results(target: Path) -> Dict[str, Json]:
    """What was graded, by the names of the folders."""
    found = {folder.name: before(folder) for folder in sorted(target.glob("*")) if folder.is_dir()}
    return {name: data for name, data in found.items() if data.get("student")}


def comment(data: Json) -> str:
    lost = [f"{each['id']} {each['state']}" for each in data["exercises"] if not each["score"]]
    return "; ".join(filter(None, [data.get("refused", ""), ", ".join(lost)]))


def write_grades(roster: Roster, graded: Dict[str, Json], owners: Dict[str, Line], target: Path,
                 title: str) -> Path:
    """The roster's lines with the grades of those who were graded, as its platform reads it."""
    data_of = {id(line): graded[name] for name, line in owners.items()}
    lab = re.search(r"\d+", title)
    columns, grade, said = roster.columns, title, "Feedback comments"
    if roster.is_canvas:
        fixed = columns[:columns.index("Section") + 1] if "Section" in columns else columns[:2]
        named = [name for name in columns
                 if lab and re.search(rf"\blab\W*{lab[0]}\b", name, re.I)]
        grade, said = (named or [title])[0], ""
        columns = [*fixed, grade]
    elif "Identifier" in columns:
        grade = "Grade"
    else:
        columns = [*roster.own, *roster.parts, title, said]
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\r\n")
    table.writerow(map(cell, columns))
    for line in roster.lines:
        data = data_of.get(id(line), {})
        if data.get("exercises"):
            most = re.match(r"[\d.]+", line.get("Maximum Grade", ""))
            share = float(most[0]) / data["points"] if most else 1
            line = {**line, grade: f"{data['score'] * share:g}"}
        elif grade == title and NO_STUDENT.match(line.get("Student", "x")):
            line = {**line, grade: str(max(each["points"] for each in graded.values()))}
        if said in columns and data:
            line = {**line, said: comment(data)}
        table.writerow(cell(line.get(name) or "") for name in columns)
    file = target / f"gradebook-{'canvas' if roster.is_canvas else 'moodle'}.csv"
    put(file, text.getvalue())
    return file


def write_feedback(roster: Roster, graded: Dict[str, Json], owners: Dict[str, Line],
                   target: Path) -> Path:
    """As Moodle takes feedback: the folders of its download, with our reports."""
    part = target / ".feedback.zip.part"
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, line in owners.items():
            number = roster.number(line) or graded[name]["number"]
            student = re.sub(r"[_/\\\0]", " ", one_line(roster.name(line)))
            for file in REPORTS:
                packed.write(target / name / file,
                             f"{student}_{number}_assignsubmission_file_/{file}")
    return part.replace(target / "feedback.zip")


def gradebook(target: Path, roster: str, title: str) -> None:
    if not roster:
        raise SubmissionError("say ROSTER=file, as your platform exports it")
    students, graded = Roster(Path(roster)), results(target)
    if not graded:
        raise SubmissionError(f"REPORT={target}: nothing was graded there; "
                              "make grade-all does that")
    owners = students.matched((name, data["number"], data["student"])
                              for name, data in graded.items())
    file = write_grades(students, graded, owners, target, title)
    print(one_line(f"{file}: {len(owners)} hand-ins, {len(students.students)} students"))
    if not students.is_canvas:
        file = write_feedback(students, graded, owners, target)
        print(one_line(f"{file}: their reports"))
