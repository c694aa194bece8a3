"""How long a lab takes: minutes of a student, reading and writing together. They are
estimates. The tables and totals of all pages are made from these, and so agree."""

START = 15
READING, SESSION = "reading this page and the given files", "GDB session and questions"
MINUTES = {
    1: {READING: 60, "1.1": 30, "1.2": 50, "1.3": 50, "1.4": 30, "1.5": 70, "1.6": 30, SESSION: 40},
    2: {READING: 60, "2.1": 60, "2.2": 60, "2.3": 60, "2.4": 45, "2.5": 90, "2.6": 45, SESSION: 40},
    3: {READING: 60, "3.1": 30, "3.2": 90, "3.3": 40, "3.4": 75, "3.5": 40, "3.6": 20, SESSION: 40},
}

# A week of a course: what it is called, and what of which lab is in it.
WEEKS = [
    ("[Start here](start.md), reading lab 1, exercises 1.1 and 1.2", 1, (READING, "1.1", "1.2")),
    ("1.3, 1.4", 1, ("1.3", "1.4")),
    ("1.5, 1.6; session and questions of lab 1; hand in lab 1", 1, ("1.5", "1.6", SESSION)),
    ("reading lab 2, 2.1, 2.2", 2, (READING, "2.1", "2.2")),
    ("2.3, 2.4", 2, ("2.3", "2.4")),
    ("2.5, 2.6; session and questions of lab 2; hand in lab 2", 2, ("2.5", "2.6", SESSION)),
    ("reading lab 3, 3.1, 3.2", 3, (READING, "3.1", "3.2")),
    ("3.3, 3.4", 3, ("3.3", "3.4")),
    ("3.5, 3.6; session and questions of lab 3; hand in lab 3", 3, ("3.5", "3.6", SESSION)),
]


def total(lab):
    return sum(MINUTES[lab].values())


def clock(minutes):
    return f"{minutes // 60}:{minutes % 60:02}"


def hours(minutes):
    """To the nearest half hour, in words."""
    whole, half = divmod(round(minutes / 30), 2)
    return f"{whole} and a half hours" if half else f"{whole} hours"


def weeks():
    """(number, what, minutes) of each week."""
    for number, (what, lab, parts) in enumerate(WEEKS, 1):
        yield number, what, sum(MINUTES[lab][part] for part in parts) + (START if number == 1 else 0)
