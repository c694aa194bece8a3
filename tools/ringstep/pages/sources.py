"""What the handouts quote: each function registered with @source makes a piece of a
page, from the code or from a run of it."""
import ast
import os
import re
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ringstep.course.labs import exercises, lab_of
from ringstep.course.skeleton import REGION
from ringstep.grading.workspace import Workspace
from ringstep.machine import qemu
from ringstep.pages import times
from ringstep.pages.page import ROOT, HandoutError, read

SOURCES = {}


def source(function):
    SOURCES[function.__name__] = function
    return function


def fence(text, language="text"):
    return f"```{language}\n" + re.sub(r"[ \t]+$", "", text.rstrip(), flags=re.M) + "\n```\n"


def cut(text, start=None, stop=None):
    """The lines from the first that contains `start` to the next that contains `stop`."""
    lines = text.splitlines()
    first = next((i for i, l in enumerate(lines) if start in l), None) if start else 0
    if first is None:
        raise HandoutError(f'no line contains "{start}"')
    last = next((i for i in range(first, len(lines)) if stop in lines[i]), None) if stop else len(lines) - 1
    if last is None:
        raise HandoutError(f'no line after "{start}" contains "{stop}"')
    return "\n".join(lines[first:last + 1])


def make(*arguments, **variables):
    """What `make` prints, both streams in order; its own complaint at the end is left out."""
    result = subprocess.run(["make", "-s", "-C", str(ROOT), *arguments], stdin=subprocess.DEVNULL,
                            env={**os.environ, **variables}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    text = result.stdout.decode("utf-8", "replace").replace("\r", "")
    if "grader-error" in text:
        raise HandoutError(f"the grader is broken: {text[:300]}")
    return re.sub(r"^make.*: \*\*\* .*\n", "", text, flags=re.M)


# ---- what stands between the markers -----------------------------------------

@source
def transcript(lab, solved="", test="", on="qemu-nox", start=None, stop=None):
    """A run of a lab's kernel."""
    arguments = [f"LAB={lab}"] + [f"{n}={v}" for n, v in (("SOLVED", solved), ("TEST", test)) if v]
    if "error" in (built := make("all", *arguments)).lower():
        raise HandoutError(built)
    return fence(cut(make(on, *arguments), start, stop))


@source
def code(file, function=None, start=None, stop=None):
    """A part of a source file: a function, or from one line to another."""
    text = read(file)
    if function:
        match = re.search(rf"^[\w ]*[ *]{function}\(.*?^\}}$", text, re.S | re.M)
        if not match:
            raise HandoutError(f"{file} has no function {function}")
        text = match[0]
    return fence(cut(text, start, stop), {".S": "asm", ".py": "python"}.get(Path(file).suffix, "c"))


@source
def constants(file, names):
    """A table of the constants whose names match a pattern."""
    rows = []
    for name, rest in re.findall(r"^#define[ \t]+(\w+(?:\(\w+\))?)[ \t]+(\S.*)$", read(file), re.M):
        if re.fullmatch(names, re.sub(r"\(.*", "", name)):
            value, _, said = rest.partition("/*")
            rows.append(f"| `{name}` | `{value.strip()}` | {said.replace('*/', '').strip()} |")
    if not rows:
        raise HandoutError(f"{file} defines nothing like {names}")
    return "\n".join(["| name | value | what |", "| --- | --- | --- |"] + rows) + "\n"


def structure_type(kernel, name):
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


@source
def structure(file, name):
    """A structure: offset, size and comment of each member, as the compiler has them."""
    size, members = structure_type(kernel_of(3), name)
    body = re.search(rf"struct {name} \{{(.*?)^\}}", read(file), re.S | re.M)[1]
    rows = ["| offset | bytes | member | what |", "| --: | --: | --- | --- |"]
    for (member, at), end in zip(members, [at for _, at in members[1:]] + [size]):
        said = re.search(rf"\b{member}\b[^;\n]*;[ \t]*/\*[ \t]*(.*?)[ \t]*(?:\*/|$)", body, re.M)
        rows.append(f"| {at} | {end - at} | `{member}` | {said[1].replace('|', chr(92) + '|') if said else ''} |")
    return "\n".join(rows) + f"\n\n{size} bytes in all.\n"


def kernel_of(lab, solved="all"):
    match = re.search(r"^lab\S+: (\S+)/ringstep\.img", make("all", f"LAB={lab}", f"SOLVED={solved}"), re.M)
    if not match:
        raise HandoutError(f"lab {lab} does not build")
    return ROOT / match[1] / "kernel.elf"


@source
def exercise(id):
    """File, size, points and time of an exercise, and the command that checks it."""
    points, path = {e: (p, f) for e, p, f in exercises(ROOT)}[id]
    lines = sum(bool(line.strip()) and not line.strip().startswith("/*") for region in REGION.finditer(read("solutions/" + path))
                for line in region[0].splitlines()[1:-1])
    return (f"**Write** in [`labs/{path}`](../labs/{path}), about {lines} lines, {points} points, "
            f"{times.MINUTES[lab_of(id)][id]} minutes. **Check** it with `make grade ONLY={id}`.\n")


@source
def points(lab):
    """The exercises of a lab, with all else that it takes time for."""
    minutes, files = times.MINUTES[int(lab)], {id: (number, path) for id, number, path in exercises(ROOT)}
    if set(minutes) - {times.READING, times.SESSION} != {id for id in files if id.startswith(f"{lab}.")}:
        raise HandoutError(f"times.py has not the exercises of lab {lab}")
    rows = ["| exercise | file | points | minutes |", "| --- | --- | --: | --: |"]
    for part, time_of in minutes.items():
        number, path = files.get(part, ("", ""))
        rows.append(f"| {part} | {f'`labs/{path}`' if path else ''} | {number} | {time_of} |")
    sum_of = sum(number for id, (number, _) in files.items() if id.startswith(f"{lab}."))
    return "\n".join(rows) + f"\n| in all | | {sum_of} | {times.total(int(lab))} |\n"


@source
def needed(lab=None):
    """How long a lab takes, or all of them."""
    if lab:
        return f"Time: about {times.hours(times.total(int(lab)))} for all six exercises, reading included.\n"
    labs = [f"{times.hours(times.total(lab))} for lab {lab}" for lab in times.MINUTES]
    return (f"The labs take about {times.hours(sum(map(times.total, times.MINUTES)))} in all: "
            f"{', '.join(labs[:-1])} and {labs[-1]}.\n")


@source
def weeks():
    """The schedule of a course."""
    rows = ["| week | work | hours |", "| --: | --- | --: |"]
    rows += [f"| {number} | {what} | {times.clock(minutes)} |" for number, what, minutes in times.weeks()]
    return "\n".join(rows) + f"\n| | in all | {times.clock(sum(minutes for *_, minutes in times.weeks()))} |\n"


@source
def command(run, start=None, stop=None):
    """What a command prints."""
    with socket.socket() as free:                           # for `make gdb`: the usual port may be in use
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return fence(cut(make(*shlex.split(run)[1:], GDBPORT=str(port)), start, stop))


def spoiled(id, old, new):
    """Path and text of an exercise's solution in which `old` was replaced by `new`."""
    path = {e: f for e, _, f in exercises(ROOT)}[id]
    text = read("solutions/" + path)
    if text.count(old) != 1:
        raise HandoutError(f'{path} does not contain "{old}" once')
    return path, text.replace(old, new)


def swapped(id, one, other):
    path, text = spoiled(id, one, "\0")
    return path, text.replace(other, one).replace("\0", other)


@source
def broken(id, old, new, swap=False, on="qemu-nox", start=None, stop=None):
    """A run of a solved lab's kernel with one mistake in it: `old` became `new`, or they changed places."""
    path, text = spoiled(id, old, new) if not swap else swapped(id, old, new)
    with Workspace(ROOT, {path: text.encode()}) as workspace:
        kernel = workspace.build(lab_of(id), {id}, "")
        output = subprocess.run(
            [sys.executable, "-B", "-m", "ringstep", on, "--image", kernel.image, "--kernel", kernel.elf],
            cwd=ROOT, env={**os.environ, "PYTHONPATH": "tools"}, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout.decode("utf-8", "replace").replace("\r", "")
        return fence(cut(output.replace(str(workspace.tree) + "/", ""), start, stop))


@source
def graded(id, old, new):
    """What the grader says about a solution in which `old` was replaced by `new`."""
    path, text = spoiled(id, old, new)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, path)
        file.parent.mkdir(parents=True)
        file.write_text(text)
        text = make("grade", f"ONLY={id}", f"SUBMISSION={folder}")
    text = re.sub(r"make open \S+ && make -C \S+", "make", text)        # as for work in the tree itself
    return fence(re.sub(r"^\d+ boots in .*\n", "", text, flags=re.M).strip())


@source
def session(lab, old, solved="all", test=""):
    """A GDB session: the lines that begin with (gdb) are typed, the rest is its answer.
    What the kernel prints meanwhile is left out."""
    typed = re.findall(r"^\(gdb\) (.*)$", old, re.M)
    kernel = kernel_of(lab, solved)
    steps = [x for line in typed for x in ("-ex", f"echo (gdb) {line}\\n", "-ex", line)]
    with tempfile.TemporaryDirectory() as folder:
        place = f"{folder}/gdb"
        machine = subprocess.Popen(
            [*qemu.command(str(kernel.parent / "ringstep.img")), "-serial", "null",
             "-S", "-chardev", f"socket,id=gdb,path={place},server=on,wait=off", "-gdb", "chardev:gdb"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            while not Path(place).is_socket():
                time.sleep(0.05)
                if machine.poll() is not None:
                    raise HandoutError("QEMU does not start")
            output = subprocess.run(
                ["gdb", "-q", "-nx", "-batch", "-x", "tools/gdb/ringstep.gdb", str(kernel),
                 "-ex", f"target remote {place}", *steps],
                cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                timeout=120).stdout.decode("utf-8", "replace").replace("\r", "")
        finally:
            machine.kill()
            machine.wait()
    text = cut(output, "(gdb) ").replace(str(ROOT) + "/", "")
    return fence(re.sub(r"^(\[Inferior 1 |(?:Python Exception .*: )?Remote comm|FPR\d|XMM\d).*\n?", "", text, flags=re.M))


@source
def gdb_commands():
    """The commands that tools/gdb adds to GDB, by their own help, as `help ringstep` names them."""
    helps, named = {}, []
    for file in sorted((ROOT / "tools/gdb").glob("*.py")):
        for node in ast.walk(ast.parse(read(file))):
            if isinstance(node, ast.ClassDef) and node.name == "RingstepCommand":
                named = re.search(r": (.+)\.$", ast.get_docstring(node).split("\n\n")[0], re.S)[1].split(",")
            for call in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
                if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "command" \
                        and isinstance(call.args[0], ast.Constant):
                    usage, _, what = " ".join(ast.get_docstring(node).split("\n\n")[0].split()).partition(": ")
                    helps[call.args[0].value] = (usage, what)
    named = [name.strip() for name in named]
    if set(named) != set(helps):
        raise HandoutError(f"tools/gdb has the commands {sorted(helps)}, `help ringstep` names {sorted(named)}")
    return "\n".join(["| command | what it shows or does |", "| --- | --- |"]
                     + [f"| `{usage}` | {what} |" for usage, what in map(helps.get, named)]) + "\n"


def made(marker, old):
    """What belongs between a marker and its end."""
    kind, *rest = shlex.split(marker)
    options = dict(item.split("=", 1) for item in rest)
    if kind not in SOURCES:
        raise HandoutError(f"nothing is called {kind}, only {' '.join(SOURCES)}")
    if kind == "session":
        options["old"] = old
    return SOURCES[kind](**options)
