"""Grading: which kernels to boot, what the tests say of each run, and the points.

One mistake costs once. Earlier labs come from the solutions, and so does an
exercise that nobody has touched. What fails beside the student's other exercises is
graded again without them: see each_for_itself().
"""
import hashlib
import importlib
import os
import re
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from math import inf

from ringstep.course.labs import by_number, exercises, lab_of
from ringstep.course.skeleton import digest, read_manifest
from ringstep.grading import harness, workspace
from ringstep.grading.verdict import (FAIL, GRADER_ERROR, NOT_RUN, PASS, TIMEOUT, TODO, Exercise, Finding,
                                      Result, trim)
from ringstep.kernel.constants import constants
from ringstep.machine import process
from ringstep.machine.record import Breakpoint, Limits, MachineError

CPU_SECONDS = {"qemu": 4, "bochs": 20}      # most boots take 0.2, and end long before by their limit of instructions
UNWRITTEN = re.compile(r"^Exercise (\d+\.\d+): .* is yours to write", re.M)
LOADING = threading.Lock()          # wrong kernels are graded several at a time


def load_tests(root, labs):
    """The tests of the labs, in the order of the exercises. Importing registers them."""
    with LOADING:
        if str(root) not in sys.path:
            sys.path.append(str(root))
        for file in sorted(root.glob("grading/lab*/tests*.py")):
            importlib.import_module(f"grading.{file.parent.name}.{file.stem}")
    return sorted((t for t in harness.TESTS if lab_of(t.exercise) in labs),
                  key=lambda t: by_number(t.exercise))


def boot_kernel(emulator, kernel, limits, points):
    return importlib.import_module(f"ringstep.machine.{emulator}").boot(kernel.image, kernel.elf, limits, points)


@dataclass
class Group:
    """Exercises that are graded in the same kernels."""
    students: list          # the exercises that are the submission's own
    graded: list            # those that are judged
    brief: bool = False     # what fails is graded again: what ends badly need not run on both emulators
    hung: float = inf       # the number of the first task that reached its limit
    stopped_in: str = ""    # the exercise in which the first run that ended badly did so


@dataclass
class Task:
    boot: harness.Boot
    group: Group
    late: bool              # perhaps not needed: where an exercise's first boot hangs


class Grader:
    def __init__(self, root, submission, labs, only=None, emulators=harness.BOTH, progress=None,
                 boot_kernel=boot_kernel):
        self.root, self.submission, self.labs, self.emulators = root, submission, labs, emulators
        self.progress, self.boot_kernel = progress or (lambda text: None), boot_kernel
        self.tests = [t for t in load_tests(root, labs) if only is None or {t.exercise, t.name} & set(only.split(","))]
        self.exercises = {}
        listed = read_manifest(root)
        for id, points, path in exercises(root):
            if lab_of(id) in labs and any(t.exercise == id for t in self.tests):
                data = submission.files.get(path)
                self.exercises[id] = Exercise(
                    id, points, path,
                    unwritten=data is None or digest(data) == listed.get("labs/" + path))
        self.lock, self.seconds, self.boots = threading.Lock(), 0.0, 0

    def run(self):
        """Grade everything; the exercises by id."""
        started = time.monotonic()
        files = {e.path: self.submission.files[e.path] for e in self.exercises.values() if not e.unwritten}
        with workspace.Workspace(self.root, files) as self.space, \
                ThreadPoolExecutor(os.cpu_count() or 2) as self.pool:
            try:
                for lab in self.labs:
                    self.lab(lab)
            except BaseException:       # Ctrl-C: what has not begun need not begin
                self.pool.shutdown(wait=False, cancel_futures=True)
                process.stop_all()
                raise
        self.seconds = time.monotonic() - started
        return self.exercises

    def lab(self, lab):
        mine = [e for e in self.exercises.values() if lab_of(e.id) == lab and not e.unwritten]
        if not mine:
            return
        everything = [e.id for e in exercises(self.root) if e.lab == lab]
        alone = self.has_solutions(lab)         # else everything is the student's
        for exercise in mine:
            exercise.compiler = self.space.broken.get(exercise.id, "")
        mine = [e for e in mine if not e.compiler]
        try:                        # what the kernels share is compiled once, before they are many
            self.space.build(lab, [] if alone else everything, "")
        except workspace.BuildError:
            pass                    # the course's own files: each boot will say so
        if alone and len(mine) > 1:
            self.each_for_itself(mine)
        else:
            self.grade([Group([e.id for e in mine] if alone else everything, mine)])

    def has_solutions(self, lab):
        """An edition has none of its own lab."""
        return any((self.root / "solutions" / e.path).exists()
                   for e in exercises(self.root) if e.lab == lab)

    def each_for_itself(self, mine):
        """All together; then one that fails alone, and the others without it; then alone what
        still fails. A mistake is mostly found after the second step, as that one is where a run
        ended badly, or the first whose first test fails."""
        together = Group([e.id for e in mine], mine, brief=True)
        self.grade([together])
        failed = [e for e in mine if e.verdict not in (PASS, NOT_RUN)]
        for exercise in failed:
            exercise.together = next(r for r in exercise.results if r.verdict != PASS)
        first = [e for e in failed if e.results[0].verdict not in (PASS, NOT_RUN)]
        suspect = ([e for e in failed if e.id == together.stopped_in] or first or failed)[:1]
        rest = [e for e in mine if e.verdict != PASS and e not in suspect]
        self.grade([Group([e.id], [e]) for e in suspect] + [Group([e.id for e in rest], rest, brief=True)])
        self.grade([Group([e.id], [e]) for e in rest if e.verdict != PASS])

    def grade(self, groups):
        """For each group boot what its exercises need, and see what the tests say."""
        tasks = []
        for group in groups:
            boots = dict.fromkeys(t.boot for e in group.graded for t in self.tests_of(e))
            tasks += [Task(boot, group, len(group.graded) == 1 and number > 0) for number, boot in enumerate(boots)]
        tasks.sort(key=lambda task: (task.late, -task.boot.instructions))
        outcomes = self.pool.map(lambda number: self.unless_hung(number, tasks[number]), range(len(tasks)))
        findings = {}
        for number, (task, runs) in enumerate(zip(tasks, outcomes)):
            if task.group.brief and not task.group.stopped_in:
                task.group.stopped_in = next(filter(None, (r.stopped_in for r in runs.values()
                                                           if isinstance(r, harness.Run))), "")
            for test in (t for e in task.group.graded for t in self.tests_of(e) if t.boot == task.boot):
                findings[test.name] = {name: self.judge(test, None if task.group.hung < number else run)
                                       for name, run in runs.items()}
        for group in groups:
            for exercise in group.graded:
                solved = tuple(id for id in self.space.ids if lab_of(id) == lab_of(exercise.id)
                               and id not in group.students)
                exercise.results = [Result(t, findings[t.name], solved) for t in self.tests_of(exercise)]
                depend_on_the_first(exercise.results)

    def unless_hung(self, number, task):
        """Boot, unless an earlier task of the group has hung: the later ones would as likely,
        and their exercises are graded again, or have failed by that one."""
        group = task.group
        if group.hung < number:
            return dict.fromkeys(self.emulators)
        runs = self.boot(task.boot, group.students, group.brief)
        ends = [run.record.end for run in runs.values() if isinstance(run, harness.Run)]
        if "limit" in ends and (group.brief or len(group.graded) == 1):
            group.hung = min(group.hung, number)
        return runs

    def tests_of(self, exercise):
        return [t for t in self.tests if t.exercise == exercise.id]

    # ---- one boot ----

    def boot(self, boot, students, brief):
        """{emulator: Run, or the reason why there is none}"""
        try:
            kernel = self.space.build(boot.lab, students, boot.test)
        except workspace.BuildError as error:
            return dict.fromkeys(self.emulators, self.whose(boot, error))
        greeting = self.greeting(boot)
        workspace.put_greeting(kernel.image, greeting)
        programs = {file.stem: str(file) for file in self.space.programs(boot.lab, boot.test)}
        runs = {}
        for emulator in self.emulators:
            ends = [run.record for run in runs.values() if isinstance(run, harness.Run)]
            if any(r.end == "limit" or brief and (r.end, r.status) != ("power-off", 0) for r in ends):
                runs[emulator] = None       # it would take as long again, and says nothing new
                continue
            for attempt in range(2):    # an emulator that broke off gets a second try
                try:
                    record = self.machine(emulator, boot, kernel)
                    runs[emulator] = harness.Run(self.root, boot, record, kernel.elf, programs, greeting)
                    break
                except (MachineError, OSError) as error:
                    if os.environ.get("RINGSTEP_DEBUG"):
                        raise
                    runs[emulator] = MachineError(str(error))
                except Exception as error:      # its file is not what the linker wrote
                    runs[emulator] = workspace.BuildError(f"the kernel's file cannot be read: {error!r}")
                    break
            with self.lock:
                self.boots += 1
                self.progress(f"lab {boot.lab} on {emulator}: {boot.test or 'main.c'}")
        return runs

    def whose(self, boot, error):
        """A kernel that does not build with the solutions either is our own mistake."""
        if not self.has_solutions(boot.lab):
            return error
        try:
            self.space.build(boot.lab, [], boot.test)
        except workspace.BuildError as ours:
            return MachineError(f"the course's own kernel does not build: {trim(str(ours), 3)}")
        return error

    # An edition has no solutions to put in the place of what is not right yet.

    def does_not_build(self, test):
        """The other exercise because of which a test's kernel cannot be built."""
        ids = [e.id for e in self.exercises.values() if e.compiler or e.path not in self.submission.files]
        return next((id for id in ids if id != test.exercise and not self.has_solutions(test.boot.lab)), "")

    def stands_behind(self, test, run, finding):
        """Whether the run ended badly in another exercise before it came to this test."""
        return run.stopped_in not in ("", test.exercise) and not self.has_solutions(test.boot.lab) and \
            (not finding.reached or run.stopped_in < test.exercise)

    def cannot_judge(self, test, emulator):
        """Whether a test breaks off on the solutions, too: that is no student's mistake."""
        if not self.has_solutions(test.boot.lab):
            return False
        run = self.boot(test.boot, [], False)[emulator]
        try:
            if isinstance(run, harness.Run):
                test.function(run)
        except (harness.Fail, harness.NotReached):
            pass
        except Exception:
            return True
        return False

    def machine(self, emulator, boot, kernel):
        points = []
        for point in boot.points:
            name, hits, *more = (point, 1) if isinstance(point, str) else point
            if name == "int80" and emulator == "qemu":
                continue            # its record has them, and each stop lets a timer's tick pass
            address = {"int80": lambda: workspace.stub_of(kernel.elf, 0x80),
                       "start": lambda: constants(str(self.root))["USER_PROGRAM_BASE"]
                       }.get(name, lambda: None)()
            points.append(Breakpoint(name, address, hits, stack=5 if name == "int80" else 0,
                                memory="memory" in more))
        limits = Limits(boot.mib, boot.instructions, CPU_SECONDS[emulator], serial_bytes=32 << 10,
                        log_bytes=16 << 20, confined=True)
        return self.boot_kernel(emulator, kernel, limits, tuple(points))

    def greeting(self, boot):
        """32 letters that the submission could not know when it was written."""
        everything = b"".join(data for _, data in sorted(self.submission.files.items()))
        letters = hashlib.sha256(boot.test.encode() + everything).hexdigest()[:32]
        return b"Hello, " + letters.encode() + b"\n"

    # ---- one test ----

    def judge(self, test, run):
        if run is None:
            return Finding(NOT_RUN, got="another run of this kernel ended badly before", reached=False)
        if isinstance(run, workspace.BuildError):
            broken = self.does_not_build(test)
            if broken:
                return Finding(NOT_RUN, got=f"exercise {broken} does not compile", reached=False, waits_for=broken)
            return Finding(FAIL, "a kernel that builds", trim(str(run)))
        if isinstance(run, MachineError):
            return Finding(GRADER_ERROR, got=str(run))
        unwritten = UNWRITTEN.findall(run.text)
        try:
            test.function(run)
            return Finding(PASS)
        except harness.Fail as failure:
            finding = Finding(FAIL, failure.expected, failure.got)
        except harness.NotReached as stop:
            finding = Finding(FAIL, test.sentence, str(stop), reached=False)
        except Exception as error:          # a test that was not written for this record
            if os.environ.get("RINGSTEP_DEBUG"):
                raise
            if self.cannot_judge(test, run.emulator):
                return Finding(GRADER_ERROR, got=f"the test itself is wrong: {error!r}, with the solutions, too")
            finding = Finding(FAIL, test.sentence, f"the machine's state cannot be read ({error!r})")
        if unwritten and unwritten[-1] == test.exercise:
            finding.verdict = TODO
        elif unwritten or self.stands_behind(test, run, finding):
            finding.verdict, finding.waits_for = NOT_RUN, unwritten[-1] if unwritten else run.stopped_in
        elif run.record.end == "limit" and not finding.reached:
            finding.verdict = TIMEOUT
        ended_well = (run.record.end, run.record.status) == ("power-off", 0)
        finding.said = "" if ended_well and finding.reached else run.last_words
        finding.cause = run.cause
        if run.emulator == "bochs" and (run.record.end != "power-off" or run.record.status == 1):
            faults = [e for e in run.record.events if e.reason]
            finding.reason = faults[-1].reason if faults else ""
        return finding


def depend_on_the_first(results):
    """Tests that never saw the place they are about, behind one that failed on the same boot."""
    failed = set()
    for result in results:
        for emulator, finding in result.findings.items():
            where = result.test.boot, emulator
            if finding.verdict in (FAIL, TIMEOUT):
                if where in failed and not finding.reached:
                    finding.verdict = NOT_RUN
                failed.add(where)
