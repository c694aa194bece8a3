"""`make watch`: boots and checks the exercise at hand again whenever a file is saved."""
import curses
import locale
import os
import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path
from typing import Any, List, Set

from watchdog.events import PatternMatchingEventHandler
from watchdog.observers import Observer

from ringstep.course.labs import CourseError, Lab, exercises_of
from ringstep.machine import process

ROW = re.compile(r"^  (\d+\.\d+)  \S+ +([a-z-]+)\b", re.M)          # of the grader's table
HANGS = 15                              # seconds of a boot, on a busy machine, too
ROOM = 10                               # lines of the screen for all but what is wrong


class Saved(Exception):
    """A file was saved: what is being checked is old."""


class Watch:
    def __init__(self, screen: Any, lab: int) -> None:
        self.screen, self.lab, self.exercises = screen, lab, exercises_of(Path(), Lab(lab, ""))
        self.ids = {Path(each.path).name: each.id for each in self.exercises}
        self.verdicts = dict.fromkeys(self.ids.values(), "…")
        self.due: Set[str] = {*self.verdicts}           # what is to be checked
        self.saved: Set[str] = set()                    # files, by the watcher's thread
        self.boot = self.wrong = ""
        self.shown: List[str] = []
        screen.timeout(100)
        handler: Any = PatternMatchingEventHandler(["*.[chS]"])     # type: ignore
        handler.on_created = handler.on_modified = lambda event: self.saved.add(event.src_path)
        handler.on_moved = lambda event: self.saved.add(event.dest_path)
        watcher: Any = Observer()                                   # type: ignore
        watcher.schedule(handler, "labs", recursive=True)
        watcher.start()

    def draw(self, doing: str) -> None:
        height, width = self.screen.getmaxyx()
        done = [each.points for each in self.exercises if self.verdicts[each.id] == "pass"]
        lines = [f"lab {self.lab}: {len(done)} of {len(self.exercises)} exercises, {sum(done)} of "
                 f"{sum(each.points for each in self.exercises)} points",
                 "   ".join(f"{id} {verdict}" for id, verdict in self.verdicts.items()),
                 "", *self.wrong.splitlines()[:height - ROOM], "", *self.boot.splitlines()[-3:]]
        lines = [part for line in lines for part in textwrap.wrap(line, width) or [""]]
        lines[height - 1:] = [f"{doing}; q quits"]
        if lines != self.shown:
            self.shown = lines
            self.screen.clear()
            for at, line in enumerate(lines):
                self.screen.insstr(at, 0, line.encode(self.screen.encoding, "replace"))
        if self.screen.getch() == ord("q"):             # it waits for a tenth of a second
            raise SystemExit(0)

    def make(self, *words: str, patience: float = float("inf")) -> str:
        """What make says, unless something is saved meanwhile, or we are to end. A kernel that
        has hung says where, when it is stopped as with Ctrl-C."""
        with tempfile.TemporaryFile() as output:
            child = subprocess.Popen(["make", "-s", *words], stdin=subprocess.DEVNULL,
                                     stdout=output, stderr=output, start_new_session=True)
            late = time.monotonic() + patience
            try:
                while child.poll() is None:
                    self.draw("make " + " ".join(words))
                    if self.saved:
                        raise Saved
                    if time.monotonic() > late:
                        os.killpg(child.pid, signal.SIGINT)
                        late = float("inf")
            finally:
                if child.poll() is None:
                    os.killpg(child.pid, signal.SIGTERM)            # it ends its emulators
                    process.wait(child, 10)
                process.stop(child)
            said = process.contents(output).decode("utf-8", "replace")
            return re.sub(r"^make(?:\[\d+\])?: .*\n?|\r", "", said, flags=re.M).strip("\n")

    def at_hand(self) -> str:
        """The first exercise that does not pass; the last one where all do."""
        *_, last = self.verdicts
        return next((id for id, verdict in self.verdicts.items() if verdict != "pass"), last)

    def check(self) -> None:
        """Boot the kernel, and check what is due; where that passes now, what comes next."""
        self.boot = self.make("qemu-nox", patience=HANGS)
        while self.due:
            checked = self.due
            report = self.make("grade", "ONLY=" + ",".join(sorted(checked)))
            self.verdicts.update(ROW.findall(report))
            hand = self.at_hand()
            self.due = {hand} - checked
        block = re.search(rf"^  {hand}  [^\n]*: .*?(?=^$|\Z)", report, re.M | re.S)
        self.wrong = {"pass": "  all is right", "todo": f"  {hand}  is not written yet"}.get(
            self.verdicts[hand], block[0] if block else report)

    def loop(self) -> None:
        while True:
            try:
                self.check()
                while not self.saved:
                    self.draw("waiting for a file to be saved")
            except Saved:
                pass
            time.sleep(0.1)                             # an editor writes more than once
            hand = self.at_hand()
            self.due.add(hand)
            while self.saved:
                self.due.add(self.ids.get(Path(self.saved.pop()).name, hand))


def run(lab: str) -> int:
    if not sys.stdout.isatty() or not sys.stdin.isatty():
        raise CourseError("it wants a terminal")
    locale.setlocale(locale.LC_ALL, "")
    try:
        curses.wrapper(lambda screen: Watch(screen, int(lab)).loop())
    except curses.error as error:
        raise CourseError(f"this terminal will not do: {error}") from None
    return 0
