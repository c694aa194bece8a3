import os
import pathlib
import signal
import subprocess
import sys
import zlib

ROOT = pathlib.Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tools"))

# A job in the background of a script ignores Ctrl-C, and so would what the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The tests type `make` as a user does, not as a part of `make check`.
for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES"):
    os.environ.pop(name, None)


def pytest_addoption(parser):
    parser.addoption("--share", default="1/1", help="of the tests that are many: 1/4")
    parser.addoption("--seed", default="", help="which share: a commit's hash")


def pytest_collection_modifyitems(config, items):
    """Of the tests that are many, those that the seed chooses."""
    part, whole = map(int, config.getoption("--share").split("/"))
    seed = config.getoption("--seed")
    left_out = [item for item in items if item.get_closest_marker("many")
                and zlib.crc32(f"{seed} {item.nodeid}".encode()) % whole >= part]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


def pytest_configure(config):
    """What many tests boot is built once, before they are many."""
    from ringstep.course.labs import labs
    if not hasattr(config, "workerinput"):
        for lab in labs(ROOT):
            for solved in ("", "all"):
                subprocess.run(["make", "-s", f"LAB={lab.number}", f"SOLVED={solved}"], cwd=ROOT,
                               stdout=subprocess.DEVNULL)
