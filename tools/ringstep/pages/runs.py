"""What the handouts quote from runs: of a kernel, of a command, of GDB. Addresses in it
are another compiler's with another compiler."""
import os
import re
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable, List, Tuple

from ringstep.course.labs import Exercise, exercises, lab_of
from ringstep.grading.workspace import Workspace
from ringstep.machine import qemu
from ringstep.pages.page import ROOT, HandoutError, found, read

Quote = Callable[..., str]


def fence(text: str, language: str = "text") -> str:
    return f"```{language}\n" + re.sub(r"[ \t]+$", "", text.rstrip(), flags=re.M) + "\n```\n"


def cut(text: str, start: str = "", stop: str = "") -> str:
    """The lines from the first that contains `start` to the next that contains `stop`."""
    lines = text.splitlines()
    first = next((i for i, line in enumerate(lines) if start in line), None)
    if first is None:
        raise HandoutError(f'no line contains "{start}"')
    if not stop:
        return "\n".join(lines[first:])
    last = next((i for i in range(first, len(lines)) if stop in lines[i]), None)
    if last is None:
        raise HandoutError(f'no line after "{start}" contains "{stop}"')
    return "\n".join(lines[first:last + 1])


def output(*words: str, may_fail: bool = True, **variables: str) -> str:
    """What a command prints at the root of the tree, both streams in order."""
    done = subprocess.run(words, cwd=ROOT, env={**os.environ, **variables},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=120)
    text = done.stdout.decode("utf-8", "replace").replace("\r", "")
    if done.returncode and not may_fail:
        raise HandoutError(f"{' '.join(words)}: {text.strip()}")
    return text


def make(*arguments: str) -> str:
    """What `make` prints; its own complaint at the end is left out."""
    text = output("make", "-s", *arguments)
    if "grader-error" in text:
        raise HandoutError(f"the grader is broken: {text[:300]}")
    return re.sub(r"^make.*: \*\*\* .*\n", "", text, flags=re.M)


def exercise_of(id: str) -> Exercise:
    for exercise in exercises(ROOT):
        if exercise.id == id:
            return exercise
    raise HandoutError(f"there is no exercise {id}")


def kernel_of(lab: object, solved: str = "all") -> Path:
    said = output("make", "-s", "all", f"LAB={lab}", f"SOLVED={solved}", may_fail=False)
    image = found(r"^lab\S+: (\S+/ringstep\.img)", said, f"image of lab {lab}: {said}", re.M)[1]
    return (ROOT / image).with_name("kernel.elf")


def transcript(lab: str, solved: str = "", test: str = "", start: str = "", stop: str = "") -> str:
    """A run of a lab's kernel."""
    arguments = [f"LAB={lab}"] + [f"{n}={v}" for n, v in (("SOLVED", solved), ("TEST", test)) if v]
    output("make", "-s", "all", *arguments, may_fail=False)
    return fence(cut(make("qemu-nox", *arguments), start, stop))


def command(run: str, start: str = "", stop: str = "") -> str:
    """What a command prints."""
    with socket.socket() as free:           # for `make gdb`: the usual port may be in use
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return fence(cut(make(*shlex.split(run)[1:], f"GDBPORT={port}"), start, stop))


def spoiled(id: str, old: str, new: str) -> Tuple[str, str]:
    """Path and text of an exercise's solution in which `old` was replaced by `new`."""
    path = exercise_of(id).path
    text = read("solutions/" + path)
    if text.count(old) != 1:
        raise HandoutError(f'{path} does not contain "{old}" once')
    return path, text.replace(old, new)


def swapped(id: str, one: str, other: str) -> Tuple[str, str]:
    path, text = spoiled(id, one, "\0")
    return path, text.replace(other, one).replace("\0", other)


def broken(id: str, old: str, new: str, swap: str = "", start: str = "", stop: str = "") -> str:
    """A run of a solved lab's kernel with one mistake in it: `old` became `new`, or they
    changed places."""
    path, text = swapped(id, old, new) if swap else spoiled(id, old, new)
    with Workspace(ROOT, {path: text.encode()}) as workspace:
        kernel = workspace.build(lab_of(id), {id}, "")
        said = output(sys.executable, "-B", "-m", "ringstep", "qemu-nox", "--image", kernel.image,
                      "--kernel", kernel.elf, PYTHONPATH="tools")
        said = said.replace(str(workspace.tree) + "/", "")
    return fence(cut(said, start, stop))


def graded(id: str, old: str, new: str) -> str:
    """What the grader says about a solution in which `old` was replaced by `new`."""
    path, text = spoiled(id, old, new)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, path)
        file.parent.mkdir(parents=True)
        file.write_text(text)
        said = make("grade", f"ONLY={id}", f"SUBMISSION={folder}")
    said = re.sub(r"make open \S+ && make -C \S+", "make", said)     # as in the tree itself
    return fence(re.sub(r"^\d+ boots in .*\n", "", said, flags=re.M).strip())


def session(lab: str, old: str, solved: str = "all") -> str:
    """A GDB session: the lines that begin with (gdb) are typed, the rest is its answer.
    What the kernel prints meanwhile is left out."""
    kernel, steps = kernel_of(lab, solved), []
    for line in re.findall(r"^\(gdb\) (.*)$", old, re.M):
        steps += ["-ex", f"echo (gdb) {line}\\n", "-ex", line]
    with tempfile.TemporaryDirectory() as folder:
        stub = Path(folder, "gdb")
        machine = subprocess.Popen(
            [*qemu.command(kernel.with_name("ringstep.img")), "-serial", "null", "-S", "-chardev",
             f"socket,id=gdb,path={stub},server=on,wait=off", "-gdb", "chardev:gdb"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while not stub.is_socket():
                time.sleep(0.05)
                if machine.poll() is not None:
                    raise HandoutError("QEMU does not start")
            said = output("gdb", "-q", "-nx", "-batch", "-x", "tools/gdb/ringstep.gdb",
                          str(kernel), "-ex", f"target remote {stub}", *steps)
        finally:
            machine.kill()
            machine.wait()
    noise = r"^(\[Inferior 1 |(?:Python Exception .*: )?Remote comm|FPR\d|XMM\d).*\n?"
    text = cut(said, "(gdb) ").replace(str(ROOT) + "/", "")
    return fence(re.sub(noise, "", text, flags=re.M))


QUOTES: List[Quote] = [transcript, command, broken, graded, session]
