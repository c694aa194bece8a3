"""Grading a submission: plan, boot, judge, and again where something failed."""
import os
import secrets
import time
from pathlib import Path
from typing import Callable, Collection, Dict, List, Optional, Sequence

from ringstep.course.labs import exercises, labs as labs_in
from ringstep.course.skeleton import is_pristine
from ringstep.grading import plan
from ringstep.grading.judge import Judge, depend_on_the_first
from ringstep.grading.kernels import BootKernel, Kernels, Outcomes, boot_kernel
from ringstep.grading.parallel import workers
from ringstep.grading.plan import Batch, Task
from ringstep.grading.registry import BOTH, load_tests
from ringstep.grading.submission import Submission
from ringstep.grading.verdict import PASS, Finding, Grade, Result
from ringstep.grading.workspace import BuildError, Workspace


class Grader:
    def __init__(self, root: Path, submission: Submission, labs: Collection[int],
                 only: Optional[str] = None, emulators: Sequence[str] = BOTH,
                 progress: Callable[[str], None] = lambda text: None,
                 boot_kernel: BootKernel = boot_kernel, seed: str = ""):
        self.root, self.submission, self.labs, self.emulators = root, submission, labs, emulators
        self.progress, self.boot_kernel = progress, boot_kernel
        self.all_labs = labs_in(root)
        chosen = set(only.split(",")) if only else None
        self.tests = [test for test in load_tests(root, labs)
                      if chosen is None or {test.exercise, test.name} & chosen]
        self.exercises = {grade.id: grade for grade in self.grades()}
        # What a submission cannot know when it is written comes from this, and repeats with it.
        self.seed = seed or os.environ.get("SEED") or secrets.token_hex(8)
        self.seconds, self.boots = 0.0, 0

    def grades(self) -> List[Grade]:
        """Of each exercise that has a test, none yet."""
        tested, files = {test.exercise for test in self.tests}, self.submission.files
        return [Grade(*exercise, unwritten=exercise.path not in files
                      or is_pristine(self.root, exercise, files[exercise.path]))
                for exercise in exercises(self.root) if exercise.id in tested]

    @property
    def score(self) -> int:
        return sum(grade.score for grade in self.exercises.values())

    @property
    def points(self) -> int:
        return sum(grade.points for grade in self.exercises.values())

    def run(self) -> Dict[str, Grade]:
        """Grade everything; the exercises by id."""
        started = time.monotonic()
        written = [grade for grade in self.exercises.values() if not grade.unwritten]
        files = {grade.path: self.submission.files[grade.path] for grade in written}
        with Workspace(self.root, files) as self.space, workers() as self.pool:
            self.kernels = Kernels(self.space, self.submission.files, self.emulators,
                                   self.progress, self.boot_kernel, self.seed)
            self.judge = Judge(self.kernels, list(self.exercises.values()))
            for lab in self.labs:
                self.lab(lab, [grade for grade in written if grade.lab == lab])
        self.boots = self.kernels.boots
        self.seconds = time.monotonic() - started
        return self.exercises

    def lab(self, lab: int, grades: List[Grade]) -> None:
        for grade in grades:
            grade.compiler = self.space.broken.get(grade.id, "")
            grade.refused = self.space.refused.get(grade.id, "")
        grades = [grade for grade in grades if not grade.compiler and not grade.refused]
        if not grades:
            return
        everything = [exercise.id for exercise in exercises(self.root) if exercise.lab == lab]
        replaceable = self.space.has_solutions(lab)     # else everything is the student's
        try:                    # what the kernels share is compiled once, before they are many
            self.space.build(lab, [] if replaceable else everything, "")
        except BuildError:
            pass                # the course's own files: each boot will say so
        if replaceable and len(grades) > 1:
            self.each_for_itself(grades)
        else:
            students = [grade.id for grade in grades] if replaceable else everything
            self.grade([Batch(students, grades)])

    def each_for_itself(self, grades: List[Grade]) -> None:
        """All together; then the suspect alone, and the others without it; then alone what
        still fails."""
        first = plan.together(grades)
        self.grade([first])
        for grade in plan.failed(grades):
            grade.together = next(r for r in grade.results if r.verdict != PASS)
        suspect = plan.suspect(first)
        rest = [grade for grade in grades if grade.verdict != PASS and grade not in suspect]
        self.grade([*plan.alone(suspect), plan.together(rest)])
        self.grade(plan.alone(grade for grade in rest if grade.verdict != PASS))

    def grade(self, batches: List[Batch]) -> None:
        """Boot what the exercises of each batch need, and see what the tests say."""
        tasks = plan.tasks(batches, self.tests)
        outcomes = self.pool.map(self.boot, range(len(tasks)), tasks)
        findings: Dict[str, Dict[str, Finding]] = {}
        for number, (task, runs) in enumerate(zip(tasks, outcomes)):
            if task.batch.hung < number:
                runs = self.kernels.none()
            if task.batch.brief and not task.batch.stopped_in:
                stops = [run.stopped_in for run in runs.values() if run.stopped_in]
                task.batch.stopped_in = stops[0] if stops else ""
            for test in task.tests:
                findings[test.name] = {name: self.judge.finding(test, run)
                                       for name, run in runs.items()}
        for batch in batches:
            for grade in batch.grades:
                solved = tuple(id for id in self.space.ids_of(grade.lab)
                               if id not in batch.students)
                grade.results = [Result(test, findings[test.name], solved)
                                 for test in plan.tests_of(grade, self.tests)]
                depend_on_the_first(grade.results)

    def boot(self, number: int, task: Task) -> Outcomes:
        """Boot, unless an earlier task of the batch has hung: the later ones would as likely,
        and their exercises are graded again, or have failed by that one."""
        batch = task.batch
        if batch.hung < number:
            return self.kernels.none()
        runs = self.kernels.boot(task.boot, batch.students, batch.brief)
        if batch.has_one_job and any(run.hangs for run in runs.values()):
            batch.hung = min(batch.hung, number)
        return runs
