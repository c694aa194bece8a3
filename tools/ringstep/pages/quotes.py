"""What the handouts quote: each function registered with @quote makes a piece of a
page, from the code or from a run of it."""
import ast
import inspect
import os
import re
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable, Dict, List, Tuple

from ringstep.course.labs import Exercise, Lab, exercises, exercises_of, lab_of, labs
from ringstep.course.skeleton import REGION
from ringstep.grading.workspace import Workspace
from ringstep.machine import qemu
from ringstep.pages import times
from ringstep.pages.page import ROOT, HandoutError, found, marked, read

Quote = Callable[..., str]
QUOTES: Dict[str, Quote] = {}


def quote(function: Quote) -> Quote:
    QUOTES[function.__name__] = function
    return function


def made(marker: str, old: str) -> str:
    """What belongs between a marker and its end, where `old` is now."""
    kind, options = marked(marker)
    if kind not in QUOTES:
        raise HandoutError(f"nothing is called {kind}, only {' '.join(QUOTES)}")
    if kind == "session":
        options["old"] = old
    try:
        inspect.signature(QUOTES[kind]).bind(**options)
    except TypeError as error:              # a name that is missing, or misspelt
        raise HandoutError(str(error)) from None
    return QUOTES[kind](**options)


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


def output(*words: str, **variables: str) -> str:
    """What a command prints at the root of the tree, both streams in order."""
    done = subprocess.run(words, cwd=ROOT, env={**os.environ, **variables},
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=120)
    return done.stdout.decode("utf-8", "replace").replace("\r", "")


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


def lab_numbered(number: str) -> Lab:
    for lab in labs(ROOT):
        if str(lab.number) == number:
            return lab
    raise HandoutError(f"there is no lab {number}")


# ---- what stands between the markers -----------------------------------------

@quote
def transcript(lab: str, solved: str = "", test: str = "", on: str = "qemu-nox", start: str = "",
               stop: str = "") -> str:
    """A run of a lab's kernel."""
    arguments = [f"LAB={lab}"] + [f"{n}={v}" for n, v in (("SOLVED", solved), ("TEST", test)) if v]
    built = make("all", *arguments)
    if "error" in built.lower():
        raise HandoutError(built)
    return fence(cut(make(on, *arguments), start, stop))


@quote
def code(file: str, function: str = "", start: str = "", stop: str = "") -> str:
    """A part of a source file: a function, or from one line to another."""
    text = read(file)
    if function:
        text = found(rf"^[\w ]*[ *]{function}\(.*?^\}}$", text, f"function {function} in {file}",
                     re.S | re.M)[0]
    language = {".S": "asm", ".py": "python"}.get(Path(file).suffix, "c")
    return fence(cut(text, start, stop), language)


@quote
def constants(file: str, names: str) -> str:
    """A table of the constants whose names match a pattern."""
    rows = []
    for name, rest in re.findall(r"^#define[ \t]+(\w+(?:\(\w+\))?)[ \t]+(\S.*)$", read(file), re.M):
        if re.fullmatch(names, re.sub(r"\(.*", "", name)):
            value, _, said = rest.partition("/*")
            rows.append(f"| `{name}` | `{value.strip()}` | {said.replace('*/', '').strip()} |")
    if not rows:
        raise HandoutError(f"{file} defines nothing like {names}")
    return "\n".join(["| name | value | what |", "| --- | --- | --- |"] + rows) + "\n"


def structure_type(kernel: Path, name: str) -> Tuple[int, List[Tuple[str, int]]]:
    """Size of a structure, and name and offset of each member, as the compiler has them."""
    from elftools.elf.elffile import ELFFile
    with open(kernel, "rb") as file:
        for unit in ELFFile(file).get_dwarf_info().iter_CUs():
            for die in unit.get_top_DIE().iter_children():
                of = die.attributes.get("DW_AT_name")
                if die.tag == "DW_TAG_structure_type" and of and of.value == name.encode() \
                        and die.has_children:
                    return die.attributes["DW_AT_byte_size"].value, [
                        (child.attributes["DW_AT_name"].value.decode(),
                         child.attributes["DW_AT_data_member_location"].value)
                        for child in die.iter_children() if child.tag == "DW_TAG_member"]
    raise HandoutError(f"the kernel has no struct {name}")


@quote
def structure(file: str, name: str) -> str:
    """A structure: offset, size and comment of each member, as the compiler has them."""
    size, members = structure_type(kernel_of(labs(ROOT)[-1].number), name)
    body = found(rf"struct {name} \{{(.*?)^\}}", read(file), f"struct {name} in {file}",
                 re.S | re.M)[1]
    rows = ["| offset | bytes | member | what |", "| --: | --: | --- | --- |"]
    for (member, at), end in zip(members, [at for _, at in members[1:]] + [size]):
        comment = re.search(rf"\b{member}\b[^;\n]*;[ \t]*/\*[ \t]*(.*?)[ \t]*(?:\*/|$)", body, re.M)
        said = comment[1].replace("|", "\\|") if comment else ""
        rows.append(f"| {at} | {end - at} | `{member}` | {said} |")
    return "\n".join(rows) + f"\n\n{size} bytes in all.\n"


def kernel_of(lab: object, solved: str = "all") -> Path:
    built = make("all", f"LAB={lab}", f"SOLVED={solved}")
    return ROOT / found(r"^lab\S+: (\S+)/ringstep\.img", built, f"kernel of lab {lab}: {built}",
                        re.M)[1] / "kernel.elf"


@quote
def exercise(id: str, minutes: str, week: str) -> str:
    """File, size, points and time of an exercise, and the command that checks it."""
    points, path = exercise_of(id)[1:3]
    lines = [line.strip() for region in REGION.finditer(read("solutions/" + path))
             for line in region[0].splitlines()[1:-1]]
    size = sum(bool(line) and not line.startswith("/*") for line in lines)
    return (f"**Write** in [`labs/{path}`](../labs/{path}), about {size} lines, {points} points, "
            f"{minutes} minutes. **Check** it with `make grade ONLY={id}`.\n")


@quote
def points(lab: str, reading: str, session: str) -> str:
    """The exercises of a lab, with all else that it takes time for."""
    this = lab_numbered(lab)
    known = {exercise.id: exercise for exercise in exercises_of(ROOT, this)}
    rows = ["| exercise | file | points | minutes |", "| --- | --- | --: | --: |"]
    for part in times.parts(this):
        file, worth = "", ""
        if part.name in known:
            file, worth = f"`labs/{known[part.name].path}`", str(known[part.name].points)
        rows.append(f"| {part.name} | {file} | {worth} | {part.minutes} |")
    in_all = sum(exercise.points for exercise in known.values())
    return "\n".join(rows) + f"\n| in all | | {in_all} | {times.total(this)} |\n"


@quote
def needed(lab: str = "") -> str:
    """How long a lab takes, or all of them."""
    if lab:
        this = lab_numbered(lab)
        return (f"Time: about {times.hours(times.total(this))} for {times.all_exercises(this)}, "
                "reading included.\n")
    minutes = {this.number: times.total(this) for this in labs(ROOT)}
    *first, last = (f"{times.hours(time)} for lab {number}" for number, time in minutes.items())
    each = " and ".join([", ".join(first), last] if first else [last])
    return f"The labs take about {times.hours(sum(minutes.values()))} in all: {each}.\n"


@quote
def weeks() -> str:
    """The schedule of a course."""
    rows = ["| week | work | hours |", "| --: | --- | --: |"]
    for number, (what, minutes) in enumerate(times.weeks(), 1):
        rows.append(f"| {number} | {what} | {times.clock(minutes)} |")
    in_all = sum(minutes for _, minutes in times.weeks())
    return "\n".join(rows) + f"\n| | in all | {times.clock(in_all)} |\n"


@quote
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


@quote
def broken(id: str, old: str, new: str, swap: str = "", on: str = "qemu-nox", start: str = "",
           stop: str = "") -> str:
    """A run of a solved lab's kernel with one mistake in it: `old` became `new`, or they
    changed places."""
    path, text = swapped(id, old, new) if swap else spoiled(id, old, new)
    with Workspace(ROOT, {path: text.encode()}) as workspace:
        kernel = workspace.build(lab_of(id), {id}, "")
        said = output(sys.executable, "-B", "-m", "ringstep", on, "--image", kernel.image,
                      "--kernel", kernel.elf, PYTHONPATH="tools")
        said = said.replace(str(workspace.tree) + "/", "")
    return fence(cut(said, start, stop))


@quote
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


@quote
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


def gdb_helps() -> Tuple[Dict[str, Tuple[str, str]], List[str]]:
    """The commands of tools/gdb: usage and help of each, and those that `help ringstep` names."""
    helps: Dict[str, Tuple[str, str]] = {}
    named: List[str] = []
    for file in sorted(ROOT.glob("tools/gdb/*.py")):
        for node in ast.walk(ast.parse(read(str(file)))):
            if not isinstance(node, (ast.ClassDef, ast.FunctionDef)):
                continue
            first = " ".join((ast.get_docstring(node) or "").split("\n\n")[0].split())
            if node.name == "RingstepCommand":
                named = first.rstrip(".").partition(": ")[2].split(", ")
            for call in node.decorator_list:
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "command" \
                        and isinstance(call.args[0], ast.Constant):
                    usage, _, what = first.partition(": ")
                    helps[call.args[0].value] = usage, what
    return helps, named


@quote
def gdb_commands() -> str:
    """The commands that tools/gdb adds to GDB, by their own help."""
    helps, named = gdb_helps()
    if {*named} != {*helps}:
        raise HandoutError(f"tools/gdb has the commands {sorted(helps)}, "
                           f"`help ringstep` names {sorted(named)}")
    rows = [f"| `{helps[name][0]}` | {helps[name][1]} |" for name in named]
    return "\n".join(["| command | what it shows or does |", "| --- | --- |", *rows]) + "\n"
