"""What stands in the tables of grading/mutants/: a row says what is handed in, and what the
report must say of it."""
from typing import NamedTuple, Tuple


class Wrong(NamedTuple):
    """A solution with one place changed. It must be caught, and cost its exercise alone."""
    exercise: str       # "1.2"
    what: str           # the mistake: a name that no other row of the exercise has
    find: str           # in the solution, exactly once
    put: str            # what to write there
    test: str           # the test that must see it
    says: str           # words that the report must have
    source: str = ""    # a public report of this mistake
    shows: str = ""     # words on the first screen of `make qemu-nox` and of `make bochs`
    never: Tuple[str, ...] = ()   # words of a wrong cause: in none of the three


class Cheat(NamedTuple):
    """A file that tries to get points without a solution. It must earn nothing."""
    exercise: str
    what: str
    body: str           # stands behind the exercise's task and its includes
    says: str


class Right(NamedTuple):
    """A solution unlike ours. It must get full marks."""
    exercise: str
    what: str
    body: str           # as above
