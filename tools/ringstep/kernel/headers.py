"""What the course's headers say, asked of the compiler: `make contract` writes it as JSON.

All headers of all labs are compiled into one object, in which every macro that is a number
is an enumerator; the object's debug information then holds numbers, structures and enums.
No kernel takes part: an exercise may bring a `struct process` of its own.
"""
import json
import os
import re
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Tuple

from ringstep.course.labs import CourseError, labs

FLAGS = ["-std=gnu11", "-ffreestanding", "-gdwarf-4", "-fno-eliminate-unused-debug-types", "-w"]
REPORT = "grading/include/report_number.h"
MACRO = "macro_"                        # before the name of an enumerator that we have made
SCALARS = {(1, False): "B", (1, True): "b", (2, False): "H", (2, True): "h",
           (4, False): "I", (4, True): "i", (8, False): "Q", (8, True): "q"}


# ---- the object ----

def headers(root: Path) -> List[Path]:
    """All headers, from the root: those of an earlier lab first."""
    found = [header.relative_to(root) for lab in labs(root)
             for header in sorted((root / "labs" / lab.name / "include").glob("*.h"))]
    return [*found, *(header.relative_to(root) for header in root.glob(REPORT))]


def compiler(root: Path, source: str, *options: str) -> "subprocess.CompletedProcess[str]":
    folders = dict.fromkeys(f"-I{header.parent}" for header in headers(root))
    command = [*shlex.split(os.environ.get("CC", "gcc")), *FLAGS, *folders, *options, "-xc", "-"]
    try:
        return subprocess.run(command, cwd=root, input=source, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, universal_newlines=True)
    except OSError as error:
        raise CourseError(f"{command[0]}: {error.strerror}. Type ./setup") from None


def macros(root: Path, includes: str) -> List[str]:
    """The macros without arguments that the headers of the course define."""
    found, ours = [], False
    for line in compiler(root, includes, "-E", "-dD").stdout.splitlines():
        place = re.match(r'# \d+ "([^"]*)"', line)
        macro = re.match(r"#define (\w+) \S", line)
        if place:
            ours = place[1].startswith(("labs/", REPORT))
        elif ours and macro:
            found.append(macro[1])
    return found


def compile_headers(root: Path, target: str) -> None:
    """Macros that are no numbers are left out: the compiler says which."""
    included = [f"#include <{header.name}>" for header in headers(root)]
    names = macros(root, "\n".join(included))
    while True:
        lines = included + [f"enum {{ {MACRO}{name} = ({name}) }};" for name in names]
        made = compiler(root, "\n".join(lines) + "\n", "-c", "-o", target)
        if made.returncode == 0:
            return
        wrong = {int(line) - 1 for line in re.findall(r"<stdin>:(\d+):", made.stderr)}
        if not wrong or min(wrong) < len(included):
            error = re.search(r".*error: .*", made.stderr)
            raise CourseError(f"the headers do not compile: {error[0] if error else made.stderr}")
        names = [name for at, name in enumerate(names, len(included)) if at not in wrong]


# ---- its debug information, by pyelftools, which has no types ----

def name_of(die: Any) -> str:
    name = die.attributes.get("DW_AT_name")
    return str(name.value, "utf-8") if name else ""


def value_of(die: Any, attribute: str) -> int:
    return int(die.attributes[attribute].value) if attribute in die.attributes else 0


def plain_type(die: Any) -> Any:
    """What a member's or a typedef's type is in the end."""
    while die.tag in ("DW_TAG_member", "DW_TAG_typedef", "DW_TAG_const_type",
                      "DW_TAG_volatile_type"):
        die = die.get_DIE_from_attribute("DW_AT_type")
    return die


def length_of(array: Any) -> int:
    """How many elements; none of an array that goes on behind its structure."""
    length, = array.iter_children()
    if "DW_AT_count" in length.attributes:
        return value_of(length, "DW_AT_count")
    return value_of(length, "DW_AT_upper_bound") + ("DW_AT_upper_bound" in length.attributes)


def leaves(die: Any, name: str, offset: int) -> Iterator[Tuple[str, Tuple[int, str]]]:
    """The scalars that a type consists of: ("registers.rip", (offset, its letter in `struct`))."""
    die = plain_type(die)
    if die.tag in ("DW_TAG_structure_type", "DW_TAG_union_type"):
        for member in die.iter_children():
            yield from leaves(member, f"{name}.{name_of(member)}".strip("."),
                              offset + value_of(member, "DW_AT_data_member_location"))
    elif die.tag == "DW_TAG_array_type":
        element = plain_type(die.get_DIE_from_attribute("DW_AT_type"))
        for index in range(length_of(die)):
            yield from leaves(element, f"{name}[{index}]",
                              offset + index * (value_of(element, "DW_AT_byte_size") or 8))
    else:
        signed = value_of(die, "DW_AT_encoding") in (5, 6)          # DW_ATE_signed, _signed_char
        letter = SCALARS.get((value_of(die, "DW_AT_byte_size") or 8, signed))
        if letter:
            yield name, (offset, letter)


def first_structure(die: Any) -> Optional[str]:
    """The structure that this one begins with."""
    for member in die.iter_children():
        kind = plain_type(member)
        return name_of(kind) if kind.tag == "DW_TAG_structure_type" else None
    return None


def read_object(path: str) -> Dict[str, Any]:
    """{"numbers": {name: value}, "structures": {name: …}, "enums": {name: …}}."""
    from elftools.elf.elffile import ELFFile
    numbers: Dict[str, int] = {}
    structures: Dict[str, Any] = {}
    enums: Dict[str, Any] = {}
    with open(path, "rb") as file:
        debug = ELFFile(file).get_dwarf_info()
        unit = next(debug.iter_CUs())
        files = debug.line_program_for_CU(unit).header

        def lab_of(die: Any) -> int:
            entry = files["file_entry"][value_of(die, "DW_AT_decl_file") - 1]
            folder = files["include_directory"][entry.dir_index - 1] if entry.dir_index else b""
            match = re.search(rb"labs/lab(\d+)-", folder + b"/")
            return int(match[1]) if match else 0

        for die in unit.get_top_DIE().iter_children():
            kind = plain_type(die) if die.tag == "DW_TAG_typedef" else die
            if not name_of(die) and die.tag != "DW_TAG_enumeration_type":
                continue
            if kind.tag == "DW_TAG_structure_type" and "DW_AT_byte_size" in kind.attributes:
                structures[name_of(die)] = {
                    "lab": lab_of(die), "size": value_of(kind, "DW_AT_byte_size"),
                    "first": first_structure(kind), "leaves": dict(leaves(kind, "", 0))}
            elif die.tag == "DW_TAG_enumeration_type":
                values = {name_of(part): value_of(part, "DW_AT_const_value")
                          for part in die.iter_children()}
                numbers.update({name[name.startswith(MACRO) and len(MACRO):]: value
                                for name, value in values.items()})
                if name_of(die):
                    enums[name_of(die)] = {"lab": lab_of(die), "values": values}
    return {"numbers": numbers, "structures": structures, "enums": enums}


def main(argv: List[str]) -> int:
    """Write the contract of the tree in which we are into a file."""
    target, = argv
    with tempfile.TemporaryDirectory() as folder:
        compile_headers(Path(), folder + "/contract.o")
        found = read_object(folder + "/contract.o")
    Path(target).write_text(json.dumps(found, indent=1))
    return 0
