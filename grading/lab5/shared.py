"""What the tests of lab 5 share: the kernels to boot, and how to read their notes."""
from typing import Union

from ringstep.grading.harness import Boot, NotReached, Run, Watch, signed, system_calls

LETTERS = b"archive of " + b"." * 32

MAIN = Boot(5, mib=16, instructions=200_000_000)
TYPING = Boot(5, "users,typing", watches=(system_calls(1200),), mib=16)
ARCHIVES = Boot(5, "archives,reading", watches=(system_calls(400),), mib=16, secret=LETTERS)
BLOCKS = Boot(5, "blocks", mib=16, secret=LETTERS)
EXECUTING = Boot(5, "users,executing,executed", mib=16,
                 watches=(system_calls(400), Watch("destroy_user_page_table", 30)))
PIPING = Boot(5, "users,piping", watches=(system_calls(700),), mib=16)
SHELLS = Boot(5, "shells", mib=16, instructions=200_000_000)


def result_is(run: Run, what: str, value: int, expected: Union[int, str]) -> None:
    """A result of a function or a system call, as a signed number; or the name of its error."""
    name, number = f"{expected}", expected
    if isinstance(expected, str):
        number = -run.constant(expected)
        name = f"-{expected} ({number})"
    run.expect(signed(value) == number, f"{what} to give {name}", f"it is {signed(value)}")


def reports(run: Run, what: int) -> list:
    """What processes reported under a number: a child runs its parent's program."""
    return [call.rsi for call in run.system_calls()
            if call.number == run.constant("REPORT_NUMBER") and call.rdi == what]


def said(run: Run, what: int, meaning: str) -> int:
    """A value that the program reported, itself or one of its children."""
    found = reports(run, what)
    if not found:
        left = [pid for name, pid in run.observed_so_far() if name == "left over"]
        why = f"PIDs {left} wait for ever" if left else run.stopped()
        raise NotReached(f"no program has reported {meaning}: {why}")
    return int(found[0])


def gives(run: Run, what: int, call: str, expected: Union[int, str]) -> None:
    """The result of a call, which the program reported."""
    result_is(run, call, said(run, what, call), expected)


def text_of(word: int) -> str:
    """Eight bytes of a text, as a program reports them."""
    return word.to_bytes(8, "little").rstrip(b"\0").decode("latin-1")


def nothing_is_lost(run: Run) -> None:
    run.expect(not run.values("left over"), "nobody to wait for ever",
               f"PIDs {run.values('left over')} are left, and nobody is ready")
    run.equal("free frames at the end:", run.value("frames at the end"),
              run.value("frames at the start"), "{}")
    run.ended_well()
