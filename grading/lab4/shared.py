"""What the tests of lab 4 share: the kernels to boot, and how to read their notes."""
from typing import List, Union

from ringstep.grading.harness import Boot, Run, signed, system_calls

MAIN = Boot(4, mib=16, instructions=120_000_000)
SWITCHES = Boot(4, "switches", mib=16)
SLEEPERS = Boot(4, "sleepers", mib=16)
COPIES = Boot(4, "copies", mib=16)
FORKS = Boot(4, "forks", mib=16)
WAITS = Boot(4, "families,waits", watches=(system_calls(400),), mib=16)
SHARES = Boot(4, "sharers,shares", watches=(system_calls(400),), mib=16)


def result_is(run: Run, what: str, value: int, expected: Union[int, str]) -> None:
    """A result of a function or a system call, as a signed number; or the name of its error."""
    number = expected if isinstance(expected, int) else -run.constant(expected)
    run.equal(f"{what} to give", signed(value), number, "{}")


def reports(run: Run, what: int) -> List[int]:
    """What processes reported under a number: a child runs its parent's program."""
    return [call.rsi for call in run.system_calls()
            if call.number == run.constant("REPORT_NUMBER") and call.rdi == what]


def lists_after(run: Run, when: str) -> List[List[int]]:
    """The PIDs in `queue`, `other queue` and `ready`, as sleepers.c saw them then."""
    names = [name for name, _ in run.observed]
    if when not in names:
        run.value(when)                         # says that it was not reached
    found: List[List[int]] = []
    for name, value in run.observed[names.index(when):]:
        if name in ("queue", "other queue", "ready"):
            found.append([])
        elif name == "then":
            found[-1].append(value)
        elif len(found) == 3:
            break
    return found
