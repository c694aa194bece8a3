"""What a test says of a run, and what follows for its exercise."""
from dataclasses import dataclass, field
from typing import Dict, Iterable, List, Optional, Tuple

from ringstep.course.labs import by_number, lab_of
from ringstep.grading.registry import Test

PASS, FAIL, TIMEOUT, TODO, NOT_RUN, GRADER_ERROR = (
    "pass", "fail", "timeout", "todo", "not-run", "grader-error")
ORDER = (PASS, NOT_RUN, TODO, TIMEOUT, FAIL, GRADER_ERROR)      # the later one wins
STATES = {TODO: "not written", FAIL: "failed", NOT_RUN: "not run"}
CHECKS = {
    "bochs": "Bochs checks what processors check and QEMU lets pass",
    "qemu": "QEMU checks what Bochs lets pass",
}


@dataclass
class Finding:
    """What one test says of one run."""
    verdict: str
    expected: str = ""
    got: str = ""
    reason: str = ""            # Bochs' own words for the last fault
    said: str = ""              # the kernel's last words, where it did not end well
    cause: str = ""             # the post-mortem's, where the run ended badly
    reached: bool = True        # whether the run came to what the test is about
    waits_for: str = ""         # the unwritten exercise at which the kernel stopped before


@dataclass
class Result:
    """A test's verdict, over all emulators."""
    test: Test
    findings: Dict[str, Finding]            # by emulator
    solved: Tuple[str, ...] = ()            # the lab's exercises that came from the solutions

    @property
    def verdict(self) -> str:
        return worst(finding.verdict for finding in self.findings.values())

    @property
    def worst(self) -> Finding:
        return next(f for f in self.findings.values() if f.verdict == self.verdict)

    @property
    def is_for_later(self) -> bool:
        """Whether it waits for an exercise that comes after its own, and for nothing else."""
        waits = [finding.waits_for for finding in self.findings.values()]
        return self.verdict == NOT_RUN and all(
            id and by_number(id) > by_number(self.test.exercise) for id in waits)

    @property
    def names(self) -> List[str]:
        """The emulators with that verdict."""
        return [name for name, f in self.findings.items() if f.verdict == self.verdict]

    @property
    def differs(self) -> bool:
        verdicts = {f.verdict for f in self.findings.values()} - {GRADER_ERROR, NOT_RUN}
        return PASS in verdicts and len(verdicts) > 1


@dataclass
class Grade:
    """What has become of one exercise."""
    id: str                                 # these three as its Exercise has them
    points: int
    path: str
    unwritten: bool = False
    missing: str = ""                       # its file was not handed in, or has a wrong name
    compiler: str = ""                      # what the compiler says, if it does not compile
    refused: str = ""                       # why its file is not taken
    results: List[Result] = field(default_factory=list)
    together: Optional[Result] = None       # the first that failed beside the student's others

    @property
    def lab(self) -> int:
        return lab_of(self.id)

    @property
    def verdict(self) -> str:
        if self.unwritten:
            return TODO
        if self.compiler or self.refused:
            return FAIL
        now = [result.verdict for result in self.results if not result.is_for_later]
        return worst(now) if PASS in now else worst(result.verdict for result in self.results)

    @property
    def state(self) -> str:
        """The verdict, and why there was nothing to test."""
        if self.compiler:
            return "not compiled"
        if self.refused:
            return "refused"
        return self.missing or STATES.get(self.verdict, self.verdict)

    @property
    def score(self) -> int:
        return self.points if self.verdict == PASS else 0


def worst(verdicts: Iterable[str]) -> str:
    return max(verdicts, key=ORDER.index, default=NOT_RUN)


def trim(text: str, lines: int = 12) -> str:
    kept = [line for line in text.split("\n") if line.strip() and not line.startswith("make")]
    more = [] if len(kept) <= lines else [f"… and {len(kept) - lines} lines more"]
    return "\n".join(kept[:lines] + more)
