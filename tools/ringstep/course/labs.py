"""Which labs and exercises there are. Nothing else in the tools knows a list of them.

A lab is a folder `labs/labN-name/`; `grading/labN/exercises.txt` has its exercises, a line
each: id, points, file, and what is printed once it is solved, which only a test reads. The
file's path is the same below labs/ and below solutions/.
"""
import re
from pathlib import Path
from typing import List, NamedTuple, Tuple


class CourseError(Exception):
    """Something that the user must know, in one line."""


class Exercise(NamedTuple):
    id: str                     # "1.2"
    points: int
    path: str                   # below labs/ and solutions/

    @property
    def lab(self) -> int:
        return lab_of(self.id)


class Lab(NamedTuple):
    number: int
    name: str                   # "lab1-boot": its folder below labs/ and solutions/

    @property
    def grading(self) -> str:
        """Its folder with points, tests and test kernels, from the root."""
        return f"grading/lab{self.number}"

    @property
    def page(self) -> str:
        """Its page in the handouts, from the root."""
        return f"handouts/lab{self.number}.md"


def lab_of(id: str) -> int:
    """The number of the lab that an exercise belongs to."""
    return int(id.partition(".")[0])


def by_number(id: str) -> Tuple[int, ...]:
    """To sort ids with: 2.10 comes after 2.9."""
    return tuple(int(part) for part in id.split("."))


def labs(root: Path) -> List[Lab]:
    found = []
    for folder in root.glob("labs/lab*"):
        match = re.fullmatch(r"lab(\d+)-\w[\w-]*", folder.name)
        if match and folder.is_dir():
            found.append(Lab(int(match[1]), folder.name))
    return sorted(found)


def labs_named(root: Path, number: str) -> List[Lab]:
    """The lab of that number; all of them where none is said."""
    every = labs(root)
    found = [lab for lab in every if number in ("", str(lab.number))]
    if not found:
        raise CourseError(f"LAB={number}: there is no such lab, only "
                          f"{' '.join(str(lab.number) for lab in every)}")
    return found


def exercises_of(root: Path, lab: Lab) -> List[Exercise]:
    file, found = root / lab.grading / "exercises.txt", []
    for line in file.read_text("utf-8").splitlines() if file.exists() else ():
        fields = line.split()
        if not fields or line.startswith("#"):
            continue
        if len(fields) < 3 or not re.fullmatch(rf"{lab.number}\.\d+", fields[0]) \
                or not fields[1].isdigit():
            raise CourseError(f'{lab.grading}/exercises.txt: "{line}" is not: '
                              f"exercise ({lab.number}.1), points, file")
        found.append(Exercise(fields[0], int(fields[1]), f"{lab.name}/exercises/{fields[2]}"))
    return sorted(found, key=lambda exercise: by_number(exercise.id))


def exercises(root: Path) -> List[Exercise]:
    """The exercises of all labs, in the order in which the kernels reach them."""
    return [exercise for lab in labs(root) for exercise in exercises_of(root, lab)]
