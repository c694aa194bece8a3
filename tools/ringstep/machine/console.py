"""`make shell-bochs`: the terminal is Bochs' serial port, both ways, and guest time is ours."""
import os
import pty
import select
import sys
import termios
import tty
from contextlib import ExitStack, suppress
from typing import List

from ringstep.machine.bochs import Bochs
from ringstep.machine.record import Limits

CTRL_A = b"\x01"
MORE = """com1: enabled=1, mode=term, dev={device}
clock: sync=slowdown, time0=1704067200
"""


def connect(bochs: Bochs, line: int) -> None:
    """Bytes to and fro, until Bochs ends, or Ctrl-A X is typed."""
    sources: List[int] = [sys.stdin.fileno(), line, bochs.terminal, bochs.answers]
    before = b""
    while True:
        for source in select.select(sources, [], [])[0]:
            data = os.read(source, 4096)
            if source == line:
                os.write(sys.stdout.fileno(), data)
            elif source == sys.stdin.fileno():
                if CTRL_A + b"x" in (before + data).lower():
                    return
                before = data[-1:]
                os.write(line, data)
                if not data:                    # nothing more will be typed
                    sources.remove(source)


def run(image: str) -> None:
    keyboard = sys.stdin.fileno()
    with ExitStack() as resources:
        line, device = pty.openpty()
        resources.callback(os.close, line)
        resources.callback(os.close, device)
        bochs = Bochs(resources, image, Limits(instructions=None, cpu_seconds=None),
                      more=MORE.format(device=os.ttyname(device)))
        bochs.start()
        tty.setraw(device)                      # Bochs has left Ctrl-C to a terminal's owner
        if os.isatty(keyboard):
            resources.callback(termios.tcsetattr, keyboard, termios.TCSADRAIN,
                               termios.tcgetattr(keyboard))
            tty.setraw(keyboard)
        os.write(bochs.terminal, b"c\n")
        os.set_blocking(line, False)
        with suppress(OSError):                 # EIO: Bochs has ended
            connect(bochs, line)
        with suppress(BlockingIOError):         # what it has sent last
            os.write(sys.stdout.fileno(), os.read(line, 65536))
