"""`make watch`, in a terminal of 80 x 24."""
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pexpect
import pytest

ROOT = Path(__file__).parent.parent
EXERCISES = "lab1-boot/exercises/"


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """A course of our own, with nothing written."""
    tree = tmp_path_factory.mktemp("watch") / "course"
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, text=True,
                           stdout=subprocess.PIPE, check=True).stdout.splitlines()
    for name in names:
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    subprocess.run(["make", "-s", "LAB=1"], cwd=tree, check=True, stdout=subprocess.DEVNULL)
    return tree


class Terminal:
    def __init__(self, tree):
        self.child = pexpect.spawn("make", ["watch", "LAB=1"], cwd=str(tree), dimensions=(24, 80),
                                   encoding="utf-8", timeout=900,
                                   env=dict(os.environ, TERM="xterm"))

    def shows(self, *words):
        """In this order; what was on the screen up to the last of them."""
        seen = ""
        for word in words:
            self.child.expect(re.escape(word))
            seen += self.child.before + self.child.after
        return seen

    def quits(self, tree):
        self.child.send("q")
        self.child.expect(pexpect.EOF)
        self.child.close()
        assert self.child.exitstatus == 0
        for _ in range(50):             # an emulator's parent is told before it has gone
            left = subprocess.run(["pgrep", "-f", str(tree)], stdout=subprocess.PIPE).stdout
            if not left:
                return
            time.sleep(0.1)
        raise AssertionError(f"left running: {left}")


def save(tree, name, change=lambda text: text):
    text = (ROOT / "solutions" / EXERCISES / name).read_text("utf-8")
    (tree / "labs" / EXERCISES / name).write_text(change(text), "utf-8")


@pytest.mark.slow
def test_what_is_wrong_and_how_far_it_is(tree):
    terminal = Terminal(tree)
    terminal.shows("0 of 6 exercises, 0 of 100 points", "1.1 todo", "1.1  is not written yet",
                   "segment_descriptor() is yours to write",
                   "waiting for a file to be saved; q quits")
    save(tree, "segment_descriptor.c")
    terminal.shows("1 of 6 exercises, 16 of 100 points", "1.2  is not written yet",
                   "gdt_load() is yours to write", "waiting")
    save(tree, "tss_load.c", lambda text: text.replace("sizeof *tss - 1", "sizeof *tss"))
    terminal.shows("1.3 fail", "1.2  is not written yet", "waiting")     # a later one, too
    save(tree, "gdt_load.S")
    seen = terminal.shows("2 of 6 exercises, 32 of 100 points", "1.3  tss_descriptor: fail",
                          "limit 0x68", "look at", "waiting")
    assert max(map(int, re.findall(r"\x1b\[(\d+)d", seen)), default=0) <= 24
    save(tree, "tss_load.c", lambda text: text + "int x = ;\n")
    terminal.shows("expected expression before", "waiting")
    terminal.quits(tree)


@pytest.mark.slow
def test_q_while_a_kernel_hangs_leaves_nothing(tree):
    save(tree, "segment_descriptor.c", lambda text: text.replace("return", "for (;;);\n    return"))
    terminal = Terminal(tree)
    terminal.shows("make qemu-nox; q quits")
    for _ in range(300):
        if subprocess.run(["pgrep", "-f", f"qemu-system.*{tree}"],
                          stdout=subprocess.DEVNULL).returncode == 0:
            break
        time.sleep(0.1)
    terminal.quits(tree)


def test_without_a_terminal():
    made = subprocess.run(["make", "-s", "watch", "LAB=1"], cwd=ROOT, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    assert made.stdout.splitlines()[0] == "watch: it wants a terminal" and made.returncode
