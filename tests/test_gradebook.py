"""What was graded, as platforms take it back."""
import csv
import json
import zipfile

import pytest
from class_folder import make

from ringstep.grading.gradebook import Roster
from ringstep.grading.submission import SubmissionError


def roster(tmp_path, text):
    (tmp_path / "roster.csv").write_bytes(text)
    return Roster(tmp_path / "roster.csv")


@pytest.mark.parametrize("text, keys", [
    (b"Identifier,Full name,Grade\nParticipant 101,Ada Lovelace,\n", "adalovelace"),
    (b"\xef\xbb\xbf\"First name\";Surname;\"Email address\"\nAda;Lovelace;al@x.org\n", "al"),
    ("Username\tFull name\nü1\tÜmit Ö\n".encode("utf-16"), "umito"),
    ("Username,Full name\nu1,Ümit Ö\n".encode("latin-1"), "umito"),
    (b"Student,ID,SIS Login ID,Section,Lab 1 (7)\n    Points Possible,,,,100\n"
     b"\"Lovelace, Ada\",7,al,S,\n", "lovelaceada"),
    (b"identifier,github_username,github_id,name\nada,al-hub,9,Ada\n", "alhub"),
])
def test_rosters_are_read_as_platforms_write_them(tmp_path, text, keys):
    found = roster(tmp_path, text)
    student, = found.students
    assert keys in found.keys(student)


@pytest.mark.parametrize("text, words", [
    (b"", "has no column"), (b"a,b\n1,2\n", "has no column"),
    (b"Username,Full name\n", "no student"), (b"\0\xff\xfe", "has no column|is no table"),
])
def test_what_is_no_roster(tmp_path, text, words):
    with pytest.raises(SubmissionError, match=words):
        roster(tmp_path, text)


def test_two_students_of_one_name(tmp_path):
    found = roster(tmp_path, b"Identifier,Full name\nParticipant 1,Ada L\nParticipant 2,Ada L\n")
    assert len(found.matched([("a", "1", "Ada L"), ("b", "2", "Ada L")])) == 2
    with pytest.raises(SubmissionError, match="2 students are called Ada L: whose is a?"):
        found.matched([("a", "", "Ada L")])


def graded(folder, name, number, score):
    (folder / name).mkdir(parents=True)
    each = {"id": "1.1", "score": score, "state": "pass" if score else "failed"}
    (folder / name / "grade.json").write_text(json.dumps({
        "student": name, "number": number, "score": score, "points": 100, "exercises": [each]}))
    for file in ("report.txt", "report.html"):
        (folder / name / file).write_text(name)


def gradebook(tmp_path, text, lab="LAB=1"):
    (tmp_path / "roster.csv").write_text(text)
    run = make("gradebook", f"ROSTER={tmp_path}/roster.csv", f"REPORT={tmp_path}/out", lab)
    assert run.returncode == 0, run.stderr
    file = next((tmp_path / "out").glob("gradebook-*.csv"))
    with open(file, newline="", encoding="utf-8") as opened:
        return list(csv.reader(opened))


def test_moodles_worksheet_comes_back_with_grades(tmp_path):
    """It wants the columns Identifier, Grade and "Last modified (grade)" as they were."""
    graded(tmp_path / "out", "Ada L", "101", 80)
    graded(tmp_path / "out", "Bob", "102", 0)
    head = "Identifier,Full name,Grade,Maximum Grade,Last modified (grade),Feedback comments"
    table = gradebook(tmp_path, f"{head}\nParticipant 101,Ada L,,50.00,-,\n"
                                "Participant 102,=HYPERLINK(1),,50.00,-,\n"
                                "Participant 103,No Show,,50.00,-,\n")
    assert table[0] == head.split(",")
    assert table[1] == ["Participant 101", "Ada L", "40", "50.00", "-", ""]
    assert table[2] == ["Participant 102", "'=HYPERLINK(1)", "0", "50.00", "-", "1.1 failed"]
    assert table[3][2] == ""
    with zipfile.ZipFile(tmp_path / "out/feedback.zip") as packed:
        names = packed.namelist()
    assert "Ada L_101_assignsubmission_file_/report.html" in names and len(names) == 4
    for name in names:                  # as Moodle takes them apart
        who, number, subtype, plugin, _ = name.partition("/")[0].split("_", 4)
        assert number.isdigit() and (subtype, plugin) == ("assignsubmission", "file")


def test_canvas_gets_its_own_columns_back(tmp_path):
    graded(tmp_path / "out", "lovelaceada", "7", 80)
    table = gradebook(tmp_path, 'Student,ID,SIS User ID,SIS Login ID,Section,Lab 10 (8),Lab 1 (9),'
                                'Current Score\n,,,,,Manual Posting,,\n'
                                '"    Points Possible",,,,,100,100,(read only)\n'
                                '"Lovelace, Ada",7,a1,al,S,,,\n"Show, No",8,a2,ns,S,,,\n')
    assert table[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lab 1 (9)"]
    assert table[-2] == ["Lovelace, Ada", "7", "a1", "al", "S", "80"] and table[-1][-1] == ""
    assert "Points Possible" in table[2][0] and table[2][-1] == "100"


def test_a_list_of_participants_gets_a_column(tmp_path):
    graded(tmp_path / "out", "ada", "", 80)
    table = gradebook(tmp_path, "First name,Last name,Email address\nAda,L,ada@x.org\n")
    assert table == [["Email address", "First name", "Last name", "Lab 1", "Feedback comments"],
                     ["ada@x.org", "Ada", "L", "80", ""]]


def test_a_gradebook_of_nothing(tmp_path):
    (tmp_path / "roster.csv").write_text("Username,Name\na,b\n")
    run = make("gradebook", f"ROSTER={tmp_path}/roster.csv", f"REPORT={tmp_path}/out")
    assert "nothing was graded there" in run.stderr and run.returncode == 2
