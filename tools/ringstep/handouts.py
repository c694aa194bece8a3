"""The handouts: what they quote from the code, whether they are right, and the site.

    python3 -m ringstep.handouts refresh | check | site | pdf

Text between `<!-- from: KIND name=value … -->` and `<!-- end -->` is made here,
from the code or from a run of it; KIND is a function registered with @source.
`refresh` writes it anew, `check` compares it (without what another compiler
changes, see LOOSE) and looks at links, exercises, references and commands.
"""
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from . import pictures, symbols
from .skeleton import REGION, exercises

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["start", "tools", "lab1", "lab2", "lab3", "trouble", "report", "reference", "instructors",
         "further"]
BLOCK = re.compile(r"(<!-- from: (.+?) -->\n)(.*?)(<!-- end -->)", re.S)
FENCE = re.compile(r"^```.*?^```$", re.S | re.M)
# Addresses in the image, sizes, and what follows from them: another compiler's are others.
RUNS = {"transcript", "broken", "graded", "command", "session"}
LOOSE = re.compile(r"rflags 0x\w+|\bline \d+|\.[cS]:\d+$|^\d+\t.*$|\bffff80001[0-9a-f]{7}|"
                   r"0xffff888000007[0-9a-f]{3}|frame@entry=|0xffff80000000.(?!000)...\b|0x7fffffff(?!f000)....\b|"
                   r"0x(0{10})?[0-9a-f]{5,6}\b|0xffff80001[0-9a-f]{7}|\b\d{4,6}\b|"
                   r"<[\w+]+>| *\d+(?= [KM]iB )|(?<=kernel )\d+(?= KiB)|\b[0-9a-f]{2}( [0-9a-f]{2}){3,}|"
                   r"index +\d+: 0x0000000000[0-9a-f]{6}", re.M)
SOURCES = {}


class HandoutError(Exception):
    """What is wrong, in one line."""


def source(function):
    SOURCES[function.__name__] = function
    return function


def read(path):
    return (ROOT / path).read_text()


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
    from .workspace import Workspace
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
        from . import qemu
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


def refreshed(text, page):
    def renew(match):
        try:
            return match[1] + made(match[2], match[3]) + match[4]
        except (HandoutError, LookupError, TypeError, ValueError, OSError) as error:
            raise HandoutError(f"handouts/{page}.md: {match[2]}: {error}") from None
    return BLOCK.sub(renew, text)


def page_of(name):
    return ROOT / "handouts" / f"{name}.md"


def existing():
    return [name for name in PAGES if page_of(name).exists()]


def refresh(only=()):
    for name, text in pictures.draw_all().items():
        (ROOT / "handouts/pictures" / name).write_text(text)
    for name in only or existing():
        before = page_of(name).read_text()
        after = refreshed(before, name)
        if after != before:
            page_of(name).write_text(after)
            print(f"refreshed handouts/{name}.md")


# ---- checks -------------------------------------------------------------------

def loose(text):
    return LOOSE.sub("#", re.sub(r"^.*still running: \d+\n|(?<=\w)\+\d+\b", "", text, flags=re.M))


def slug(heading):
    """The anchor of a heading: forges and MkDocs agree on it."""
    return re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", heading)).strip().lower().replace(" ", "-")


def anchors(text):
    return {slug(h) for h in re.findall(r"^#{1,6} (.+)$", FENCE.sub("", text), re.M)} \
        | set(re.findall(r'<a id="([^"]+)"', text))


def same(kind, ours, theirs):
    return loose(ours) == loose(theirs) if kind in RUNS else ours == theirs


def check_blocks(name, text):
    for match in BLOCK.finditer(text):
        try:
            if not same(match[2].split()[0], made(match[2], match[3]), match[3]):
                yield f"is not what the code gives now (make handouts-refresh): {match[2]}"
        except (HandoutError, LookupError, TypeError, ValueError, OSError) as error:
            yield f"{match[2]}: {error}"
    if text.count("<!-- from:") != len(BLOCK.findall(text)):
        yield "has a marker without its end"


def check_links(name, text):
    for alt, target in re.findall(r"(!?)\[[^\]]*\]\(([^)\s]+)\)", FENCE.sub("", text)):
        path, _, anchor = target.partition("#")
        if re.match(r"https?:", target):
            continue
        file = (ROOT / "handouts" / path).resolve() if path else page_of(name)
        if not file.exists():
            yield f"links to {target}, which does not exist"
        elif anchor and anchor not in anchors(file.read_text()):
            yield f"links to {target}: there is no such section"
    for text_of in re.findall(r"!\[([^\]]*)\]", text):
        if len(text_of) < 20:
            yield f'has a picture whose text says too little: "{text_of}"'


def check_code_links():
    """The post-mortem and the tests name sections of these pages."""
    for file in sorted((ROOT / "tools").rglob("*.py")) + sorted((ROOT / "tests").glob("test_postmortem*.py")):
        for name, anchor in re.findall(r"\b(\w+)\.md#([\w-]+)", file.read_text()):
            if name in PAGES and anchor not in anchors(page_of(name).read_text()):
                yield f"{file.relative_to(ROOT)} names {name}.md#{anchor}: there is no such section"


def check_headings(name, text):
    levels = [len(h) for h in re.findall(r"^(#{1,6}) ", FENCE.sub("", text), re.M)]
    if levels.count(1) != 1 or levels[0] != 1 or any(b > a + 1 for a, b in zip(levels, levels[1:])):
        yield f"has headings out of order: {levels}"


def check_exercises(name, text):
    if name.startswith("lab"):
        sections = re.findall(r"^### Exercise (\d\.\d): ", text, re.M)
        ids = [id for id, _, _ in exercises(ROOT) if id.startswith(name[3:] + ".")]
        if sections != ids:
            yield f"has sections for the exercises {sections}, there are {ids}"


def check_references(name, text):
    """An SDM reference has a volume, and a section or an instruction."""
    for match in re.finditer(r"SDM volume.{0,40}|SDM,? [\d§].{0,20}", FENCE.sub("", text), re.S):
        if not re.match(r"SDM\s+volume\s+(1|2[ABCD]?|3[ABCD]),\s+(\d+\.\d+|[A-Z]{2,})", match[0]):
            yield f'has an SDM reference without volume and section: "{match[0]}"'


def check_commands(name, text, known):
    for line in re.findall(r"`(make [^`]+)`|^(?:\$ )?(make\b[^#\n]*)", text, re.M):
        words = [w for w in ("".join(line)).split() if w not in ("&&", "\\")][1:]
        for word in words:
            variable, equals, value = word.partition("=")
            if equals and variable not in ("LAB", "SOLVED", "TEST", "ONLY", "SUBMISSION", "REPORT", "EX", "CC",
                                           "OPT", "V", "DIR", "GDBFLAGS", "GDBPORT", "PROGRAMS", "WERROR"):
                yield f"has a variable that make does not know: make {' '.join(words)}"
            elif not equals and re.fullmatch(r"[a-z][\w.-]*", word) and word not in known:
                yield f"has a command that `make help` does not list: make {word}"
            if equals or not re.fullmatch(r"[a-z][\w.-]*", word):
                continue


def problems():
    known = set(re.findall(r"^  (\S+)  ", make("help"), re.M))
    for name, text in pictures.draw_all().items():
        file = ROOT / "handouts/pictures" / name
        if not file.exists() or file.read_text() != text:
            yield f"handouts/pictures/{name} is not what the code gives now (make handouts-refresh)"
    yield from check_code_links()
    for name in PAGES:
        if not page_of(name).exists():
            yield f"handouts/{name}.md is missing"
            continue
        text = page_of(name).read_text()
        for check in (check_blocks, check_links, check_headings, check_exercises, check_references):
            yield from (f"handouts/{name}.md {problem}" for problem in check(name, text))
        yield from (f"handouts/{name}.md {problem}" for problem in check_commands(name, text, known))


def main(arguments):
    """handouts refresh [PAGE…] | check | site | pdf"""
    try:
        if arguments[:1] == ["refresh"]:
            refresh(arguments[1:])
        elif arguments == ["check"]:
            found = list(problems())
            print("\n".join(found) or "handouts: all right", file=sys.stderr if found else sys.stdout)
            return 1 if found else 0
        else:
            from . import website
            return {"site": website.build, "pdf": website.pdf}[arguments[0]]()
    except HandoutError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
