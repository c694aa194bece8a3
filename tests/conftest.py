import os
import pathlib
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))

# A job in the background of a script ignores Ctrl-C, and so would what the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The tests type `make` as a user does, not as a part of `make check`.
for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES"):
    os.environ.pop(name, None)


def pytest_configure(config):
    """What many tests boot is built once, before they are many."""
    from ringstep.course.labs import labs
    if not hasattr(config, "workerinput"):
        for lab in labs(ROOT):
            for solved in ("", "all"):
                subprocess.run(["make", "-s", f"LAB={lab.number}", f"SOLVED={solved}"], cwd=ROOT,
                               stdout=subprocess.DEVNULL)
