"""python3 -m ringstep: see run.py. Finds a Python that has pyelftools."""
import glob
import importlib.util
import os
import subprocess
import sys
from typing import Iterator

PLACES = ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin")


def other_pythons() -> Iterator[str]:
    for folder in [*os.environ.get("PATH", "").split(os.pathsep), *PLACES]:
        yield from sorted(glob.glob(os.path.join(glob.escape(folder), "python3")))


def find_python() -> None:
    """Go on in a Python that has pyelftools; on a machine with several, the
    first one on the PATH may not be the one that the packages belong to."""
    if importlib.util.find_spec("elftools"):
        return
    for python in dict.fromkeys(other_pythons()):
        check = subprocess.run([python, "-c", "import elftools"], stderr=subprocess.DEVNULL)
        if check.returncode == 0 and not os.environ.get("RINGSTEP_PYTHON"):
            os.environ["RINGSTEP_PYTHON"] = python      # never twice
            os.execv(python, [python, "-m", "ringstep", *sys.argv[1:]])
    sys.exit("ringstep: no python3 here has pyelftools: type ./setup")


find_python()
from .run import main   # noqa: E402, first the Python that can import it

sys.exit(main())
