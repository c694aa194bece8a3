"""Which exercises are graded together, and which kernels that takes.

One mistake costs once. Earlier labs come from the solutions, and so does an exercise that
nobody has touched. What fails beside the student's other exercises is graded again without
them: first one suspect alone and the others without it, then alone what still fails.
"""
from dataclasses import dataclass
from math import inf
from typing import Iterable, List, Sequence

from ringstep.grading.registry import Boot, Test
from ringstep.grading.verdict import NOT_RUN, PASS, Grade


@dataclass
class Batch:
    """Exercises that are graded in the same kernels."""
    students: Sequence[str]     # the exercises that are the submission's own
    grades: List[Grade]         # those that are judged
    brief: bool = False         # what fails is graded again: a bad end on one emulator is enough
    hung: float = inf           # the number of the first task that reached its limit
    stopped_in: str = ""        # the exercise in which the first run that ended badly did so

    @property
    def has_one_job(self) -> bool:
        """What hangs once need not hang again: it is graded once more, or it has failed."""
        return self.brief or len(self.grades) == 1


@dataclass
class Task:
    boot: Boot
    batch: Batch
    tests: List[Test]
    late: bool                  # perhaps not needed: where an exercise's first boot hangs


def tests_of(grade: Grade, tests: Iterable[Test]) -> List[Test]:
    return [test for test in tests if test.exercise == grade.id]


def tasks(batches: Iterable[Batch], tests: Sequence[Test]) -> List[Task]:
    """What is to be booted, the longest first, since several run at a time."""
    found = []
    for batch in batches:
        mine = [test for grade in batch.grades for test in tests_of(grade, tests)]
        for number, boot in enumerate(dict.fromkeys(test.boot for test in mine)):
            late = len(batch.grades) == 1 and number > 0
            found.append(Task(boot, batch, [test for test in mine if test.boot == boot], late))
    return sorted(found, key=lambda task: (task.late, -task.boot.instructions))


def together(grades: List[Grade]) -> Batch:
    return Batch([grade.id for grade in grades], grades, brief=True)


def alone(grades: Iterable[Grade]) -> List[Batch]:
    return [Batch([grade.id], [grade]) for grade in grades]


def failed(grades: Iterable[Grade]) -> List[Grade]:
    return [grade for grade in grades if grade.verdict not in (PASS, NOT_RUN)]


def suspect(batch: Batch) -> List[Grade]:
    """The exercise in which a run ended badly; or the first whose first test fails; or the
    first that failed. A mistake is mostly found after it was graded alone."""
    found = failed(batch.grades)
    first = [grade for grade in found if grade.results[0].verdict not in (PASS, NOT_RUN)]
    return ([grade for grade in found if grade.id == batch.stopped_in] or first or found)[:1]
