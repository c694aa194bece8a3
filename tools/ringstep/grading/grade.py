"""Grading a submission: plan, boot, judge, and again where something failed."""
import hashlib
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
from ringstep.grading.known import Known, Seen
from ringstep.grading.parallel import workers
from ringstep.grading.plan import Batch, Task
from ringstep.grading.registry import BOTH, load_tests
from ringstep.grading.submission import Submission
from ringstep.grading.verdict import GRADER_ERROR, PASS, Finding, Grade, Result
from ringstep.grading.workspace import BuildError, Kernel, Workspace


class Grader:
    def __init__(self, root: Path, submission: Submission, labs: Collection[int],
                 only: Optional[str] = None, emulators: Sequence[str] = BOTH,
                 progress: Callable[[str], None] = lambda text: None,
                 boot_kernel: BootKernel = boot_kernel, seed: str = "",
                 known: Optional[Path] = None):
        self.root, self.submission, self.labs, self.emulators = root, submission, labs, emulators
        self.progress, self.boot_kernel = progress, boot_kernel
        self.all_labs = labs_in(root)
        chosen = set(only.split(",")) if only else None
        self.tests = [test for test in load_tests(root, labs)
                      if chosen is None or {test.exercise, test.name} & chosen]
        self.exercises = {grade.id: grade for grade in self.grades()}
        # What a submission cannot know when it is written comes from this, and repeats with it.
        self.seed = seed or os.environ.get("SEED") or secrets.token_hex(8)
        self.seconds, self.boots, self.known = 0.0, 0, Known(known)

    def grades(self) -> List[Grade]:
        """Of each exercise that has a test, none yet."""
        tested, files = {test.exercise for test in self.tests}, self.submission.files
        return [Grade(*exercise, unwritten=exercise.path not in files
                      or is_pristine(self.root, exercise, files[exercise.path]),
                      missing=self.submission.missing(exercise.path))
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
        files = self.files_of(written)
        rests_on = (self.seed, self.labs, [test.name for test in self.tests],
                    sorted(files.items()), sorted(self.submission.files))
        known = self.known.get(rests_on)
        if known:
            self.exercises = known
        elif written:
            self.boot_all(written, files)
            if not any(grade.verdict == GRADER_ERROR for grade in written):
                self.known.put(rests_on, self.exercises)
        self.seconds = time.monotonic() - started
        return self.exercises

    def files_of(self, written: List[Grade]) -> Dict[str, bytes]:
        """What is graded, and all else that was written and has no solution in its place."""
        files, graded = self.submission.files, {grade.path for grade in written}
        return {exercise.path: files[exercise.path] for exercise in exercises(self.root)
                if exercise.path in graded or exercise.path in files
                and not (self.root / "solutions" / exercise.path).exists()
                and not is_pristine(self.root, exercise, files[exercise.path])}

    def boot_all(self, written: List[Grade], files: Dict[str, bytes]) -> None:
        with Workspace(self.root, files) as self.space, workers() as self.pool:
            self.kernels = Kernels(self.space, self.submission.files, self.emulators,
                                   self.progress, self.boot_kernel, self.seed)
            self.judge = Judge(self.kernels, list(self.exercises.values()))
            for lab in self.labs:
                self.lab(lab, [grade for grade in written if grade.lab == lab])
        self.boots = self.kernels.boots

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
                runs = self.judged(task, self.kernels.none())
            if task.batch.brief and not task.batch.stopped_in:
                stops = [seen.stopped_in for seen in runs.values() if seen.stopped_in]
                task.batch.stopped_in = stops[0] if stops else ""
            for test in task.tests:
                findings[test.name] = {name: seen.findings[test.name]
                                       for name, seen in runs.items()}
        for batch in batches:
            for grade in batch.grades:
                solved = tuple(id for id in self.space.ids_of(grade.lab)
                               if id not in batch.students)
                grade.results = [Result(test, findings[test.name], solved)
                                 for test in plan.tests_of(grade, self.tests)]
                depend_on_the_first(grade.results)

    def judged(self, task: Task, runs: Outcomes) -> Dict[str, Seen]:
        return {name: Seen({test.name: self.judge.finding(test, run) for test in task.tests},
                           run.hangs, run.stopped_in) for name, run in runs.items()}

    def boot(self, number: int, task: Task) -> Dict[str, Seen]:
        """Boot, unless an earlier task of the batch has hung: the later ones would as likely,
        and their exercises are graded again, or have failed by that one."""
        batch = task.batch
        if batch.hung < number:
            return self.judged(task, self.kernels.none())
        kernel = self.kernels.build(task.boot, batch.students)
        if isinstance(kernel, Kernel):
            runs = self.look(task, kernel)
        else:
            runs = self.judged(task, self.kernels.none(kernel))
        if batch.has_one_job and any(run.hangs for run in runs.values()):
            batch.hung = min(batch.hung, number)
        return runs

    def look(self, task: Task, kernel: Kernel) -> Dict[str, Seen]:
        """Boot a kernel and judge it, unless the same one was booted before."""
        rests_on = (self.seed, hashlib.sha256(Path(kernel.elf).read_bytes()).digest(),
                    task.boot.lab, task.boot.test, task.batch.brief, self.emulators,
                    [test.name for test in task.tests])
        seen: Dict[str, Seen] = self.known.get(rests_on)
        if not seen:
            seen = self.judged(task, self.kernels.run_all(task.boot, kernel, task.batch.brief))
            verdicts = {finding.verdict for each in seen.values()
                        for finding in each.findings.values()}
            if GRADER_ERROR not in verdicts:
                self.known.put(rests_on, seen)
        return seen
