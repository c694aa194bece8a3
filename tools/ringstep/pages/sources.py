"""What the handouts quote: each function registered with @source makes a piece of a
page, from the code or from a run of it."""
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from ringstep.course.skeleton import REGION, exercises
from ringstep.grading.workspace import Workspace
from ringstep.machine import qemu
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


def make(*arguments):
    """What `make` prints, both streams in order; its own complaint at the end is left out."""
    result = subprocess.run(["make", "-s", "-C", str(ROOT), *arguments], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
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
    return "\n".join(["| name | value | |", "| --- | --- | --- |"] + rows) + "\n"


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
    rows = ["| offset | bytes | member | |", "| --: | --: | --- | --- |"]
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
    """File, size and points of an exercise, and the command that checks it."""
    points, path = {e: (p, f) for e, p, f in exercises(ROOT)}[id]
    lines = sum(bool(line.strip()) and not line.strip().startswith("/*") for region in REGION.finditer(read("solutions/" + path))
                for line in region[0].splitlines()[1:-1])
    return (f"**Write** in [`labs/{path}`](../labs/{path}), about {lines} lines, {points} points. "
            f"**Check** it with `make grade ONLY={id}`.\n")


@source
def points(lab):
    """The exercises of a lab."""
    rows = ["| exercise | file | points |", "| --- | --- | --: |"]
    for id, number, path in exercises(ROOT):
        if id.startswith(f"{lab}."):
            rows.append(f"| {id} | `labs/{path}` | {number} |")
    return "\n".join(rows) + "\n"


@source
def command(run, start=None, stop=None):
    """What a command prints."""
    words = shlex.split(run)
    return fence(cut(make(*words[1:]), start, stop))


def spoiled(id, old, new):
    """Path and text of an exercise's solution in which `old` was replaced by `new`."""
    path = {e: f for e, _, f in exercises(ROOT)}[id]
    text = read("solutions/" + path)
    if text.count(old) != 1:
        raise HandoutError(f'{path} does not contain "{old}" once')
    return path, text.replace(old, new)


@source
def broken(id, old, new, on="qemu-nox", start=None, stop=None):
    """A run of a solved lab's kernel with one mistake in it."""
    path, text = spoiled(id, old, new)
    with Workspace(ROOT, {path: text.encode()}) as workspace:
        kernel = workspace.build(int(id[0]), {id}, "")
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
    return fence(re.sub(r"^(\[Inferior 1 |Remote comm|FPR\d|XMM\d).*\n?", "", text, flags=re.M))


@source
def gdb_commands():
    """The commands that tools/gdb/ringstep.py adds to GDB, by their own help."""
    found = re.findall(r'^    """([a-z0-9-]+(?: [A-Z[][A-Z\[\] ]*)?): (.+?)(?:"""|$)', read("tools/gdb/ringstep.py"), re.M)
    return "\n".join(["| command | what it shows or does |", "| --- | --- |"]
                     + [f"| `{name}` | {what} |" for name, what in found]) + "\n"


def made(marker, old):
    """What belongs between a marker and its end."""
    kind, *rest = shlex.split(marker)
    options = dict(item.split("=", 1) for item in rest)
    if kind not in SOURCES:
        raise HandoutError(f"nothing is called {kind}, only {' '.join(SOURCES)}")
    if kind == "session":
        options["old"] = old
    return SOURCES[kind](**options)
