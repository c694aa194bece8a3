"""For those who run a course: hand in, hand out, and grade a folder of hand-ins."""
import csv
import hashlib
import json
import re
import shutil
import sys
from pathlib import Path

from ringstep.course.labs import exercises, lab_of
from ringstep.course.skeleton import digest, read_manifest, skeleton, write_manifest
from ringstep.grading import report, submission
from ringstep.grading.grade import Grader, load_tests
from ringstep.grading.submission import SubmissionError
from ringstep.grading.verdict import GRADER_ERROR, PASS

# What an edition has, besides the labs up to its own.
COMMON = ("Makefile", "LICENSE", "setup", "Containerfile", ".dockerignore", ".editorconfig",
          ".clang-format", ".gitignore", ".clangd", ".vscode", ".devcontainer", "tools", "handouts",
          "grading/include")
COURSE_ONLY = ("__pycache__", "*.old*", "exercises", "course.mk")
README = """\
# Ringstep, lab {number}

    ./setup                     # install what is missing (Debian, Ubuntu; others: handouts/start.md)
    cd labs/{lab}
    make qemu-nox               # boot the kernel: it names the exercise that comes next
    make grade                  # what the machine says of your work, on two emulators
    make handin LAB={number}           # pack your exercise files
    make help                   # everything else

Begin with [handouts/start.md](handouts/start.md) and [handouts/lab{number}.md](handouts/lab{number}.md). When
something goes wrong: [handouts/trouble.md](handouts/trouble.md). Your files are those in
`exercises/`, and no others are graded.{earlier}
"""
EARLIER = """ The solutions of the labs before this one are in `solutions/`:
`make qemu-nox SOLVED=earlier` boots with them."""


def labs_of(root, number):
    return [lab.name for lab in sorted((root / "labs").glob("lab*")) if number is None
            or int(re.match(r"lab(\d+)", lab.name)[1]) in number]


def handin(root, number):
    """Pack a student's exercise files, of one lab or of all."""
    target = root / (f"handin-lab{number}.tar.gz" if number else "handin.tar.gz")
    listed = read_manifest(root)
    for path in submission.pack(root, target, labs_of(root, [number] if number else None)):
        same = digest((root / "labs" / path).read_bytes()) == listed.get("labs/" + path)
        print(f"  {path}{'   (not written yet)' if same else ''}")
    others = [f for f in sorted((root / "labs").glob("lab*/exercises/*"))
              if str(f.relative_to(root / "labs")) not in {path for _, _, path in exercises(root)}]
    for file in others:
        print(f"  left out, no exercise's file: {file.relative_to(root / 'labs')}")
    print(f"{target.relative_to(root)}")
    return 0


def edition(root, number):
    """Write the tree that students get for lab `number`."""
    target = root / "build" / f"edition-lab{number}"
    if target.exists():
        shutil.rmtree(target)
    without = shutil.ignore_patterns(*COURSE_ONLY)
    for part in COMMON:
        source = root / part
        if source.is_dir():
            shutil.copytree(source, target / part, ignore=without)
        elif source.exists():
            (target / part).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target / part)
    upto = labs_of(root, range(1, number + 1))
    for lab in upto:
        shutil.copytree(root / "labs" / lab, target / "labs" / lab, ignore=without)
        shutil.copytree(root / "grading" / lab.split("-")[0], target / "grading" / lab.split("-")[0],
                        ignore=without)
    listed = {}
    for id, _, path in exercises(root):
        if not any(path.startswith(lab + "/") for lab in upto):
            continue
        text = skeleton((root / "solutions" / path).read_text(), id, path)
        for file in (target / "labs" / path, target / "labs/.pristine" / path):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        listed[f"labs/{path}"] = digest(text.encode())
        if lab_of(id) < number:
            file = target / "solutions" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / "solutions" / path, file)
    write_manifest(target, listed)
    given = [file for part in ("labs", "grading") for file in sorted((target / part).rglob("*"))
             if file.is_file() and not {"exercises", ".pristine"} & set(file.parts)]
    (target / "labs/given.sha256").write_text("".join(
        f"{digest(file.read_bytes())}  {file.relative_to(target)}\n" for file in given))
    (target / "README.md").write_text(README.format(number=number, lab=upto[-1], earlier=EARLIER if number > 1 else ""))
    print(f"{target.relative_to(root)}: labs 1 to {number}, solutions of the labs before {number}")
    return 0


def opened(root, source):
    """Write a tree with a hand-in's exercises in it, to boot them and look at them."""
    if not source:
        raise SubmissionError("say SUBMISSION=folder or archive")
    handed_in = submission.collect(root, source)
    target = root / "build/opened"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    for part in (*COMMON, "labs", "solutions", "grading"):
        if (root / part).is_dir():
            shutil.copytree(root / part, target / part, ignore=shutil.ignore_patterns("__pycache__", "*.old*"), dirs_exist_ok=True)
        elif (root / part).exists():
            shutil.copy2(root / part, target / part)
    for path, data in handed_in.files.items():
        (target / "labs" / path).write_bytes(data)
    print(f"{target.relative_to(root)}: this tree with the exercises of {source}")
    return 0


def fingerprint(root, files, labs):
    """Changes when the submission, the labs that are graded, or anything of the course's changes."""
    parts = [str(labs).encode()] + [path.encode() + data for path, data in sorted(files.items())]
    for folder in ("grading", "labs", "solutions", "tools"):
        for file in sorted((root / folder).rglob("*")):
            if file.is_file() and not {"__pycache__", ".pristine", "mutants"} & set(file.parts):
                parts.append(file.read_bytes())
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def grade_one(root, source, labs, folder):
    """One row of the table: (score, points, what is to be said)."""
    try:
        handed_in = submission.collect(root, source, labs)
    except SubmissionError as error:
        return 0, "", str(error)
    mark = fingerprint(root, handed_in.files, labs)
    done = folder / "grade.json"
    if done.exists():
        data = json.loads(done.read_text())
        if data.get("fingerprint") == mark:
            return data["score"], data["points"], data["remark"]
    grader = Grader(root, handed_in, labs)
    grader.run()
    report.write_all(grader, folder)
    data = json.loads(done.read_text())
    missing = [e.id for e in grader.exercises.values() if e.verdict != PASS]
    unsure = [e.id for e in grader.exercises.values() if e.verdict == GRADER_ERROR]
    alone = [e.id for e in grader.exercises.values() if report.only_alone(grader, e)]
    changed = sum("given file that was changed" in note for note in handed_in.notes)
    remarks = [f"could not be graded completely: {' '.join(unsure)}" if unsure else f"lost: {' '.join(missing)}"] if missing else []
    remarks += [f"not beside the others: {' '.join(alone)}"] if alone else []
    words = "; ".join(remarks + ([f"{changed} given files were changed"] if changed else []))
    if not unsure:                          # what could not be graded is tried again next time
        data.update(fingerprint=mark, remark=words)
        done.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", errors="backslashreplace")
    return data["score"], data["points"], words


def grade_all(root, directory, labs, target):
    """Grade each archive and folder in a folder; one report each, and a table."""
    if target.resolve() == directory.resolve() or directory.resolve() in target.resolve().parents:
        raise SubmissionError(f"REPORT={target}: is within DIR={directory}, and would be graded, too")
    report.can_write(target)
    sources = [path for path in sorted(directory.iterdir()) if not path.name.startswith(".")]
    rows, status = [], 0
    for number, source in enumerate(sources, 1):
        name = source.name[:-7] if source.name.endswith(".tar.gz") else source.name
        try:
            score, points, words = grade_one(root, source, labs, target / name)
        except Exception as error:          # one hand-in must not stop the others
            score, points, words = 0, "", f"could not be graded: {error!r}"
            status = 2
        safe = "'" + name if name[0] in "=+-@" else name     # a spreadsheet must not compute it
        rows.append((safe, score, points, words))
        print(report.harmless(f"{number} of {len(sources)}  {name:30} {score:>4}/{points}  {words}"), flush=True)
        with open(target / "scores.csv", "w", newline="") as file:
            table = csv.writer(file)
            table.writerow(("submission", "score", "points", "remark"))
            table.writerows(rows)
    refused = [row[0] for row in rows if row[2] == ""]
    print(f"{target / 'scores.csv'}: {len(rows)} submissions"
          + (f", {len(refused)} of them could not be graded: {', '.join(refused)}" if refused else ""))
    return status


def main(arguments):
    """classroom handin [N] | edition N | open SUBMISSION | grade-all DIR [N] [TARGET]"""
    root, command, rest = Path.cwd(), arguments[0], arguments[1:]
    number = int(rest[0]) if rest and rest[0].isdigit() else None
    try:
        if command == "handin":
            return handin(root, number)
        if command == "edition":
            return edition(root, number)
        if command == "open":
            return opened(root, rest[0])
        if not rest[0] or not Path(rest[0]).is_dir():
            raise SubmissionError(f"DIR={rest[0]}: there is no such folder; say DIR=folder with the hand-ins")
        labs = [int(rest[1])] if rest[1] else sorted({e.lab for e in exercises(root)})
        load_tests(root, labs)
        return grade_all(root, Path(rest[0]), labs, Path(rest[2] or root / "grades" / ("lab" + rest[1] if rest[1] else "all")))
    except SubmissionError as error:
        print(error, file=sys.stderr)
        return 2
