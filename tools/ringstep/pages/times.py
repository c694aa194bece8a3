"""How long a lab takes: minutes of a student, reading and writing together. They are
estimates, and stand on the lab's page, in the markers of what is made there:

    <!-- from: points lab=1 reading=60 session=40 -->
    <!-- from: exercise id=1.1 minutes=30 week=1 -->

The tables and totals of all pages are made from these, and so agree.
"""
from itertools import groupby
from typing import Dict, Iterator, List, NamedTuple, Tuple

from ringstep.course.labs import Lab, exercises_of, labs
from ringstep.pages.page import BLOCK, ROOT, HandoutError, marked, read

START = 15              # for the page to start with
READING, SESSION = "reading this page and the given files", "GDB session and questions"
NUMBERS = "no one two three four five six seven eight nine ten eleven twelve".split()


class Part(NamedTuple):
    name: str           # an exercise's id, READING or SESSION
    minutes: int
    week: int           # of this lab


def parts(lab: Lab) -> List[Part]:
    """All that a student does for a lab, in order."""
    said: Dict[str, Dict[str, str]] = {}
    for block in BLOCK.finditer(read(lab.page)):
        kind, options = marked(block[2])
        of = f"id={options['id']}" if "id" in options else f"lab={lab.number}"
        said[f"{kind} {of}"] = options

    def number(marker: str, name: str) -> int:
        value = said.get(marker, {}).get(name, "")
        if not value.isdigit():
            raise HandoutError(f"{lab.page} does not say {name}=, a number, in "
                               f"<!-- from: {marker} … -->")
        return int(value)
    done = [Part(id, number(f"exercise id={id}", "minutes"), number(f"exercise id={id}", "week"))
            for id, _, _ in exercises_of(ROOT, lab)]
    whole, last = f"points lab={lab.number}", done[-1].week if done else 1
    return [Part(READING, number(whole, "reading"), 1), *done,
            Part(SESSION, number(whole, "session"), last)]


def total(lab: Lab) -> int:
    return sum(part.minutes for part in parts(lab))


def clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"


def hours(minutes: int) -> str:
    """To the nearest half hour, in words."""
    whole, half = divmod(round(minutes / 30), 2)
    return f"{whole} and a half hours" if half else f"{whole} hour{'s' * (whole != 1)}"


def all_exercises(lab: Lab) -> str:
    """As many as there are, in words."""
    count = len(exercises_of(ROOT, lab))
    word = NUMBERS[count] if count < len(NUMBERS) else str(count)
    return f"all {word} exercises" if count > 1 else "its exercise"


def weeks() -> Iterator[Tuple[str, int]]:
    """What is done in each week of a course, and its minutes."""
    start, minutes = "[Start here](start.md), ", START
    for lab in labs(ROOT):
        words = {READING: f"reading lab {lab.number}", SESSION: "session and questions of "
                 f"lab {lab.number}; hand in lab {lab.number}"}
        for _, week in groupby(parts(lab), lambda part: part.week):
            done = list(week)
            said = ", ".join(words.get(part.name, part.name) for part in done)
            yield start + said.replace(f", {words[SESSION]}", f"; {words[SESSION]}"), \
                minutes + sum(part.minutes for part in done)
            start, minutes = "", 0
