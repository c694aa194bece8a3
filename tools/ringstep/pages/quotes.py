"""What the handouts quote, by the kinds of their markers: each is a function that makes
a piece of a page, from the code here, from runs of it in runs.py."""
import ast
import inspect
import re
import subprocess
from pathlib import Path
from typing import Dict, List, Tuple

from ringstep.bench import budget, guest
from ringstep.bench.build import build
from ringstep.course.labs import Lab, exercises_of, labs
from ringstep.course.skeleton import REGION
from ringstep.kernel import symbols
from ringstep.pages import runs, times
from ringstep.pages.page import ROOT, HandoutError, found, marked, members, read
from ringstep.pages.runs import Quote, cut, exercise_of, fence


def lab_numbered(number: str) -> Lab:
    for lab in labs(ROOT):
        if str(lab.number) == number:
            return lab
    raise HandoutError(f"there is no lab {number}")


def code(file: str, start: str = "", stop: str = "") -> str:
    """A part of a source file, from one line to another."""
    language = {".S": "asm", ".py": "python"}.get(Path(file).suffix, "c")
    return fence(cut(read(file), start, stop), language)


def constants(file: str, names: str) -> str:
    """A table of the constants whose names match a pattern; commas between several."""
    rows, patterns = ["| name | value | what |", "| --- | --- | --- |"], set(names.split(","))
    missing = set(patterns)
    text = "".join(map(read, file.split(",")))
    for name, rest in re.findall(r"^#define[ \t]+(\w+(?:\(\w+\))?)[ \t]+(\S.*)$", text, re.M):
        matching = {one for one in patterns if re.fullmatch(one, re.sub(r"\(.*", "", name))}
        missing -= matching
        if matching:
            value, _, said = rest.partition("/*")
            rows.append(f"| `{name}` | `{value.strip()}` | {said.replace('*/', '').strip()} |")
    if missing:
        raise HandoutError(f"{file} defines nothing like {', '.join(sorted(missing))}")
    return "\n".join(rows) + "\n"


def structure(file: str, name: str) -> str:
    """A structure: offset, size and comment of each member, as the compiler has them."""
    body = found(rf"struct {name} \{{(.*?)^\}}", read(file), f"struct {name} in {file}",
                 re.S | re.M)[1]
    rows, end = ["| offset | bytes | member | what |", "| --: | --: | --- | --- |"], 0
    for member, start, size in members(name):
        comment = re.search(rf"\b{member}\b[^;\n]*;[ \t]*/\*[ \t]*(.*?)[ \t]*(?:\*/|$)", body, re.M)
        said = comment[1].replace("|", "\\|") if comment else ""
        rows.append(f"| {start} | {size} | `{member}` | {said} |")
        end = start + size
    return "\n".join(rows) + f"\n\n{end} bytes in all.\n"


def exercise(id: str, minutes: str, week: str) -> str:
    """File, size, points and time of an exercise, and the command that checks it."""
    points, path = exercise_of(id)[1:3]
    lines = [line.strip() for region in REGION.finditer(read("solutions/" + path))
             for line in region[0].splitlines()[1:-1]]
    size = sum(bool(line) and not line.startswith("/*") for line in lines)
    return (f"**Write** in [`labs/{path}`](../labs/{path}), about {size} line{'s' * (size != 1)}, "
            f"{points} points, {minutes} minutes. **Check** it with `make grade ONLY={id}`.\n")


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


def weeks() -> str:
    """The schedule of a course."""
    rows = ["| week | work | hours |", "| --: | --- | --: |"]
    for number, (what, minutes) in enumerate(times.weeks(), 1):
        rows.append(f"| {number} | {what} | {times.clock(minutes)} |")
    in_all = sum(minutes for _, minutes in times.weeks())
    return "\n".join(rows) + f"\n| | in all | {times.clock(in_all)} |\n"


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


def costs() -> str:
    """What each row of `make bench` may cost: the budget."""
    tools, rows = budget.read(ROOT)
    return "\n".join([f"| with {tools} | instructions |", "| --- | --: |"]
                     + [f"| {name} | {number:,} |" for name, number in rows.items()]) + "\n"


def peers() -> str:
    """What other teaching kernels cost, beside ours."""
    ours, table = budget.read(ROOT)[1], ["| what | here | others |", "| --- | --: | --- |"]
    for line in read("grading/peers.txt").splitlines():
        if not line.startswith("#"):
            what, figure, theirs = (part.strip() for part in line.split("|"))
            here = f"{ours[figure]:,}" if figure in ours else figure
            table.append(f"| {what} | {here} | {theirs} |")
    return "\n".join(table) + "\n"


def null_call() -> str:
    """Every instruction of a system call that does next to nothing, as the processor runs them."""
    built = build(ROOT, 3, "calls")
    disassembly = subprocess.run(["objdump", "-d", "-M", "intel", "--no-show-raw-insn",
                                  built.kernel], stdout=subprocess.PIPE, text=True).stdout
    disassembly = re.sub(r"\[rip[+-]0x\w+\](.*?) +# \w+ <(\w+)>", r"[\2]\1", disassembly)
    text = {int(address, 16): re.sub(r"\w+ <(.*)>", r"\1", " ".join(words.split()))
            for address, words in re.findall(r"^\s*(\w+):\t(.*)$", disassembly, re.M)}
    lines, last = ["     (in ring 3)", "  1  int    0x80"], ""
    for number, address in enumerate(guest.steps(built, "null_call#2/vector 0x80"), 2):
        name, _ = symbols.load(built.kernel).function(address) or ("?", 0)
        lines += [f"     {name}:"] if name != last else []
        last, (verb, _, rest) = name, text[address].partition(" ")
        lines.append(f"{number:3}  {verb:<6} {rest}".rstrip())
    return fence("\n".join(lines))


def gdb_commands() -> str:
    """The commands that tools/gdb adds to GDB, by their own help."""
    helps, named = gdb_helps()
    if {*named} != {*helps}:
        raise HandoutError(f"tools/gdb has the commands {sorted(helps)}, "
                           f"`help ringstep` names {sorted(named)}")
    rows = [f"| `{helps[name][0]}` | {helps[name][1]} |" for name in named]
    return "\n".join(["| command | what it shows or does |", "| --- | --- |", *rows]) + "\n"


OF_CODE: List[Quote] = [code, constants, structure, exercise, points, needed, weeks, gdb_commands,
                        costs, peers, null_call]
QUOTES = {quote.__name__: quote for quote in OF_CODE + runs.QUOTES}


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
