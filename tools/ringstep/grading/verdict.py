"""What a test says of a run, and what follows for its exercise."""
from dataclasses import dataclass, field

PASS, FAIL, TIMEOUT, TODO, NOT_RUN, GRADER_ERROR = (
    "pass", "fail", "timeout", "todo", "not-run", "grader-error")
ORDER = (PASS, NOT_RUN, TODO, TIMEOUT, FAIL, GRADER_ERROR)      # the later one wins
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
    test: object
    findings: dict              # emulator → Finding
    solved: tuple = ()          # the lab's exercises that came from the solutions

    @property
    def verdict(self):
        return max((f.verdict for f in self.findings.values()), key=ORDER.index, default=NOT_RUN)

    @property
    def worst(self):
        return next(f for f in self.findings.values() if f.verdict == self.verdict)

    @property
    def differs(self):
        verdicts = {f.verdict for f in self.findings.values()} - {GRADER_ERROR, NOT_RUN}
        return PASS in verdicts and len(verdicts) > 1


@dataclass
class Exercise:
    id: str
    points: int
    path: str
    results: list = field(default_factory=list)
    unwritten: bool = False
    compiler: str = ""          # what the compiler says, if it does not compile
    together: object = None     # the first result that failed beside the student's other exercises

    @property
    def verdict(self):
        if self.unwritten:
            return TODO
        if self.compiler:
            return FAIL
        return max((r.verdict for r in self.results), key=ORDER.index, default=NOT_RUN)

    @property
    def score(self):
        return self.points if self.verdict == PASS else 0


def trim(text, lines=12):
    kept = [line for line in text.split("\n") if line.strip() and not line.startswith("make")]
    more = [] if len(kept) <= lines else [f"… and {len(kept) - lines} lines more"]
    return "\n".join(kept[:lines] + more)
