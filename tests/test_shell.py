"""The shell, as somebody at a terminal finds it: make shell, make shell-bochs."""
import time
from pathlib import Path

import pexpect
import pytest

ROOT = Path(__file__).parent.parent

# What is typed, and what must be among what comes.
LINES = [
    ("cat README | wc", "      5      58     310"),
    ("echo hello | cat | wc", "      1       1       6"),
    ("echo a line > file", "> and < are not here"),
    ("wc < README", "> and < are not here"),
    ("nosuch", "nosuch: no file of that name (-ENOENT)"),
    ("cat nosuch | wc", "      0       0       0"),
    ("cat /", "/: a folder, not a file (-EISDIR)"),
    ("crash", "ended by signal 11"),
    ("yes | head", "y\n" * 10),
    ("sleep 1", ""),
    ("ps", "running  ps"),
    ("sh", ""), ("exit", ""),                   # of the inner one
    ("x" * 900, "the name is too long (-ENAMETOOLONG)"),
    ("y" * 5000, "the name is too long (-ENAMETOOLONG)"),
    ("w " * 500, "sh: too many words"),
    ("|", "no command before |"), ("ls |", "no command behind |"), ("ls | | wc", "before |"),
    ("echo a" + "|cat" * 8, "sh: too many commands"),
    ("".join(map(chr, range(0xA0, 0x100))), "no file of that name (-ENOENT)"),
    ("\x01\x02\x1b[A\x7f\x7f\x7f\x7f\x7fecho erased", "\nerased\n"),
    ("", ""),
]


class Shell:
    def __init__(self, target: str) -> None:
        self.child = pexpect.spawn("make", ["-s", target, "LAB=5", "SOLVED=all"], cwd=str(ROOT),
                                   timeout=300, encoding="latin-1")
        self.child.expect_exact("\n$ ")         # what is typed before is lost

    def answer(self, keys: str) -> str:
        self.child.send(keys)
        self.child.expect_exact("\n$ ")
        return self.child.before.replace("\r", "") + "\n"


@pytest.mark.slow
@pytest.mark.parametrize("target", ["shell", "shell-bochs"])
def test_what_is_typed_and_what_comes(target):
    shell = Shell(target)
    for line, expected in LINES:
        assert expected in shell.answer(line + "\r"), line[:40]
    for line in ("sleep 1000", "cat", "yes | sleep 1000", "cat | cat"):
        shell.child.send(f"{line}\r")
        time.sleep(1)                           # whatever it does by then, Ctrl-C ends it
        assert "sh: ended with Ctrl-C" in shell.answer("\x03"), line
    shell.child.send("yes\r")                   # this one runs
    shell.child.expect_exact("y\r\n" if target == "shell-bochs" else "y\r\r\n")
    shell.child.send("\x03")
    shell.child.expect_exact("ended with Ctrl-C")
    shell.child.expect_exact("$ ")
    assert "^C" in shell.answer("half a line\x03")
    assert shell.answer("ps\r").count("\n") == 4        # the echo, a headline, the shell and ps
    shell.child.send("\x04")
    shell.child.expect_exact("no process is left, all")
    shell.child.expect(pexpect.EOF)


@pytest.mark.slow
@pytest.mark.parametrize("target", ["shell", "shell-bochs"])
def test_ctrl_a_x_ends_the_emulator(target):
    shell = Shell(target)
    shell.child.send("\x01x")
    shell.child.expect(pexpect.EOF)
