"""The students' exercise files, made from the solutions.

A solution is the source. Its body between the comments SOLUTION and END
SOLUTION becomes a call that stops the kernel and names the exercise; a marked
part that starts in the first column (a helper function, a variable) is left
out. All else, the task above all, is the same in both.

`grading/labN/skeletons.sha256` lists what was made. A file that is not as listed has
been worked on, and is never overwritten.
"""

import hashlib
import re
import sys
from pathlib import Path
from typing import Dict, Iterator, List, Tuple

from ringstep.course.labs import CourseError, Exercise, exercises, labs

MANIFEST = "skeletons.sha256"
REGION = re.compile(r"^([ \t]*)/\* SOLUTION \*/\n.*?^[ \t]*/\* END SOLUTION \*/\n", re.S | re.M)
LABEL = re.compile(r"^(\w+):", re.M)
FUNCTION = re.compile(r"^(?!static\b)\w[\w *]*?\b(\w+)\([^;{}]*\)\n\{", re.M)
GLOBAL = re.compile(r"^\s*\.globl\s+(\w+)", re.M)


def skeleton(text: str, exercise: str, path: str) -> str:
    """The student's text for a solution's text."""
    assembly = path.endswith(".S")

    def todo(match: "re.Match[str]") -> str:
        indent = match.group(1)
        if not indent:
            return ""
        if not assembly:
            return f'{indent}todo("{exercise}");\n'
        function = LABEL.findall(text, 0, match.start())[-1]
        return f'{indent}TODO("{exercise}", "{function}")\n'

    made, count = REGION.subn(todo, text)
    if count == 0:
        raise CourseError(f"solutions/{path}: no SOLUTION … END SOLUTION in it")
    if "SOLUTION" in made:
        raise CourseError(f"solutions/{path}: a SOLUTION without its END SOLUTION, "
                          "or the reverse")
    return re.sub(r"\n{3,}", "\n\n", made)


def pristine(root: Path, exercise: Exercise) -> str:
    """What a student starts from: an edition, which has no solution, keeps a copy."""
    kept, solution = root / "labs/.pristine" / exercise.path, root / "solutions" / exercise.path
    if kept.exists():
        return kept.read_text("utf-8")
    if not solution.exists():
        raise CourseError(f"neither solutions/{exercise.path} nor a copy in labs/.pristine is here")
    return skeleton(solution.read_text("utf-8"), exercise.id, exercise.path)


def is_pristine(root: Path, exercise: Exercise, data: bytes) -> bool:
    """Whether nothing is written yet."""
    return digest(data) == digest(pristine(root, exercise).encode())


def declared(text: str, path: str) -> List[str]:
    """The functions that an exercise is about, from the text of its skeleton or solution."""
    return (GLOBAL if path.endswith(".S") else FUNCTION).findall(text)


def digest(data: bytes) -> str:
    """Of a file's text: an editor that only changed the line ends has changed nothing."""
    return hashlib.sha256(data.replace(b"\r\n", b"\n")).hexdigest()


def read_manifest(root: Path) -> Dict[str, str]:
    """What was made: path → digest."""
    files = [root / lab.grading / MANIFEST for lab in labs(root)]
    lines = [line for file in files if file.exists()
             for line in file.read_text("utf-8").split("\n") if line]
    return {path: sum for sum, path in (line.split(None, 1) for line in lines)}


def write_manifest(root: Path, listed: Dict[str, str]) -> None:
    for lab in labs(root):
        rows = [f"{listed[path]}  {path}\n" for path in sorted(listed)
                if path.startswith(f"labs/{lab.name}/")]
        if rows:
            (root / lab.grading / MANIFEST).write_text("".join(rows), "utf-8")


def wanted(root: Path) -> Dict[str, str]:
    """The skeleton of each exercise whose solution is in this tree: path → text."""
    return {
        "labs/" + path: skeleton((root / "solutions" / path).read_text("utf-8"), id, path)
        for id, _, path in exercises(root)
        if (root / "solutions" / path).exists()
    }


def write_all(root: Path) -> List[str]:
    """Write every skeleton whose file nobody has worked on; returns those left alone."""
    listed, touched = read_manifest(root), []
    for path, text in wanted(root).items():
        file, made = root / path, digest(text.encode())
        if file.exists() and digest(file.read_bytes()) not in (listed.get(path), made):
            touched.append(path)
            continue
        if not file.exists() or file.read_text("utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
            print(f"wrote {path}")
        listed[path] = made
    write_manifest(root, listed)
    return touched


def unpaired(root: Path) -> Iterator[str]:
    """An exercise is a line and a solution."""
    listed = {exercise.path: exercise for exercise in exercises(root)}
    written = {f"{lab.name}/exercises/{file.name}" for lab in labs(root)
               for file in (root / "solutions" / lab.name / "exercises").glob("*")}
    for path in sorted(listed.keys() - written):
        yield f"solutions/{path}: missing, the solution of exercise {listed[path].id}"
    for path in sorted(written - listed.keys()):
        yield f"solutions/{path}: its lab's exercises.txt has no line for it"


def check_all(root: Path) -> Tuple[List[str], List[str]]:
    """What is out of step, as sentences; and which files a student has worked on."""
    listed, problems, touched = read_manifest(root), list(unpaired(root)), []
    for path, text in wanted(root).items():
        file = root / path
        if listed.get(path) != digest(text.encode()):
            problems.append(f"{path}: the solution has changed since its skeleton was made "
                            "(make skeletons)")
        elif not file.exists():
            problems.append(f"{path}: missing (make skeletons)")
        elif digest(file.read_bytes()) != listed[path]:
            touched.append(path)
    return problems, touched


def check(root: Path) -> int:
    problems, touched = check_all(root)
    if touched:
        problems += [f"worked on: {' '.join(touched)}",
                     "this is for the course's own files; for yours there is `make grade`"]
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if problems else 0


def reset(root: Path, id: str) -> None:
    """Start one exercise over; the student's version is kept beside it: .old, .old2, …"""
    known = {exercise.id: exercise for exercise in exercises(root)}
    if id not in known:
        raise CourseError(f"EX={id}: there is no such exercise, only {' '.join(known)}")
    path, text = "labs/" + known[id].path, pristine(root, known[id])
    file = root / path
    if file.exists() and file.read_bytes() != text.encode():
        numbers = ("", *range(2, 1000))
        old = next(name for name in (file.with_name(f"{file.name}.old{n}") for n in numbers)
                   if not name.exists())
        file.rename(old)
        print(f"kept your version as {old.relative_to(root)}")
    file.write_text(text, "utf-8")
    print(f"{path} is as it was at the start")


def main(arguments: List[str]) -> int:
    """skeleton write | check | reset ID"""
    root, command = Path.cwd(), arguments[0]
    if command == "check":
        return check(root)
    if command == "write":
        for path in write_all(root):
            print(f"left alone, since it has been worked on: {path}")
    else:
        reset(root, arguments[1])
    return 0
