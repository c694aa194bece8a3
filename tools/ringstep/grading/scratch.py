"""Scratch files in one folder of ours, so that those of a run that was killed can be swept."""
import fcntl
import os
import shutil
import stat
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator, Optional

from ringstep.machine import sandbox


def home() -> Optional[Path]:
    """The folder above all runs of this user; None where somebody else took its name."""
    folder = Path(tempfile.gettempdir()) / f"ringstep-{os.geteuid()}"
    folder.mkdir(0o700, exist_ok=True)
    status = folder.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        return None
    return passable(folder)


def passable(folder: Path) -> Path:
    """Ours alone, as it was made; but a sandbox that is a user of its own must reach its folder
    in there, while others of our runs may use another kind."""
    if sandbox.kind() == "user":
        folder.chmod(0o711)
    return folder


def lock(folder: Path, wait: bool = False) -> Optional[int]:
    """Holds a folder until it is closed; None where a run that lives holds it, or it is a link."""
    try:
        file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        return file
    except OSError:
        os.close(file)
        return None


@contextmanager
def scratch() -> Iterator[Path]:
    """From here on temporary files of this process lie in a folder that goes away."""
    above = home()
    door = lock(above, wait=True) if above else None    # nobody sweeps what is not locked yet
    for left in above.iterdir() if above else ():
        dead = lock(left)
        if dead is not None:
            shutil.rmtree(left, ignore_errors=True)
            os.close(dead)
    mine = passable(Path(tempfile.mkdtemp(prefix="ringstep-", dir=above)))
    held = lock(mine)
    if door is not None:
        os.close(door)
    before, tempfile.tempdir = tempfile.tempdir, str(mine)
    try:
        yield mine
    finally:
        tempfile.tempdir = before
        shutil.rmtree(mine, ignore_errors=True)
        if held is not None:
            os.close(held)
