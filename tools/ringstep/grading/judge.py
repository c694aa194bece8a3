"""What a test says of a run, and whose mistake that is."""
import os
from typing import Iterable, Sequence, Set, Tuple

from ringstep.course.labs import by_number
from ringstep.grading.harness import Run
from ringstep.grading.kernels import Kernels, NoRun, Outcome
from ringstep.grading.registry import Boot, Test
from ringstep.grading.seen import UNREADABLE, Fail, NotReached
from ringstep.grading.verdict import (FAIL, GRADER_ERROR, NOT_RUN, PASS, TIMEOUT, TODO, Finding,
                                      Grade, Result)


class Judge:
    def __init__(self, kernels: Kernels, grades: Sequence[Grade]):
        self.kernels, self.grades = kernels, grades

    def finding(self, test: Test, run: Outcome) -> Finding:
        if isinstance(run, NoRun):
            broken = self.does_not_build(test) if run.by_build else ""
            if broken:
                return Finding(NOT_RUN, got=f"exercise {broken} does not compile", reached=False,
                               waits_for=broken)
            expected = "a kernel that builds" if run.by_build else ""
            return Finding(run.verdict, expected, run.why, reached=run.verdict != NOT_RUN)
        finding = self.asked(test, run)
        if finding.verdict == FAIL:
            self.reconsider(test, run, finding)
            explain(run, finding)
        return finding

    def asked(self, test: Test, run: Run) -> Finding:
        """Call the test."""
        try:
            test.function(run)
        except Fail as failure:
            return Finding(FAIL, failure.expected, failure.got)
        except NotReached as stop:
            return Finding(FAIL, test.sentence, str(stop), reached=False)
        except UNREADABLE as error:
            if self.fails_on_solutions(test, run.emulator):
                return broken_test(error)
            return Finding(FAIL, test.sentence, f"the machine's state cannot be read ({error!r})")
        except Exception as error:      # ours, whatever the submission is: it costs nobody points
            return broken_test(error)
        return Finding(PASS)

    def fails_on_solutions(self, test: Test, emulator: str) -> bool:
        """Whether a test breaks off on the solutions, too: that is no student's mistake."""
        if self.has_solutions(test):
            run = self.kernels.boot(test.boot, [], False)[emulator]
            try:
                if isinstance(run, Run):
                    test.function(run)
            except UNREADABLE:
                return True
            except (Fail, NotReached):
                pass
        return False

    def reconsider(self, test: Test, run: Run, finding: Finding) -> None:
        """A test that fails may not be about what stopped the kernel."""
        if run.unwritten == test.exercise:
            finding.verdict = TODO
        elif run.unwritten or self.stands_behind(test, run, finding):
            finding.verdict = NOT_RUN
            finding.waits_for = run.unwritten or run.stopped_in
        elif run.hangs and not finding.reached:
            finding.verdict = TIMEOUT

    # An edition has no solutions to put in the place of what is not right yet.

    def has_solutions(self, test: Test) -> bool:
        return self.kernels.space.has_solutions(test.boot.lab)

    def does_not_build(self, test: Test) -> str:
        """The other exercise because of which a test's kernel cannot be built."""
        space = self.kernels.space
        missing = [grade.id for grade in self.grades if grade.path not in self.kernels.files]
        others = [id for id in (*space.broken, *space.refused, *missing) if id != test.exercise]
        return others[0] if others and not self.has_solutions(test) else ""

    def stands_behind(self, test: Test, run: Run, finding: Finding) -> bool:
        """Whether the run ended badly in another exercise before it came to this test."""
        return (not self.has_solutions(test) and run.stopped_in not in ("", test.exercise)
                and (not finding.reached or by_number(run.stopped_in) < by_number(test.exercise)))


def broken_test(error: Exception) -> Finding:
    if os.environ.get("RINGSTEP_DEBUG"):
        raise error
    return Finding(GRADER_ERROR, got=f"the test itself is wrong: {error!r}")


def explain(run: Run, finding: Finding) -> None:
    """Add to a finding what the kernel, the post-mortem and Bochs have to say."""
    if not (run.ends_well and finding.reached):
        finding.said = run.last_words
    finding.cause = run.cause
    if run.emulator == "bochs" and (run.record.end != "power-off" or run.record.status == 1):
        reasons = [event.reason for event in run.record.events if event.reason]
        finding.reason = reasons[-1] if reasons else ""


def depend_on_the_first(results: Iterable[Result]) -> None:
    """Tests that never saw the place they are about, behind one that failed on the same boot."""
    failed: Set[Tuple[Boot, str]] = set()
    for result in results:
        for emulator, finding in result.findings.items():
            where = result.test.boot, emulator
            if finding.verdict in (FAIL, TIMEOUT):
                if where in failed and not finding.reached:
                    finding.verdict = NOT_RUN
                failed.add(where)
