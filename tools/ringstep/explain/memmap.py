"""`make map`: who owns physical memory, and what each process sees, at one moment of a run."""
import os
import re
import subprocess
from pathlib import Path
from typing import Dict, List

import jinja2

from ringstep.explain.memmap_model import CELL, Picture, bits_of, paint
from ringstep.explain.memmap_text import differences, size_of, text
from ringstep.kernel import decode, layout, symbols
from ringstep.kernel.paging import Mapping
from ringstep.machine import qemu
from ringstep.machine.record import Breakpoint, MachineError

# What is drawn when the kernel comes here: the first of these to which it has come. Otherwise,
# what is there at its end.
MOMENTS = [("cow_fault", Breakpoint("cow_fault", memory=True)),
           ("jump_to_usermode",
            Breakpoint("the first instruction in ring 3", layout.PROGRAMS, memory=True)),
           ("process_table_print", Breakpoint("process_table_print", memory=True)),
           ("probe_stack_overflow", Breakpoint("probe_stack_overflow", memory=True))]


def moments_of(names: Dict[str, int]) -> List[Breakpoint]:
    """An earlier lab's moment is none of a later one's, but for programs that run."""
    found = [point for symbol, point in MOMENTS if symbol in names]
    return found[:2 if found[:1] == [MOMENTS[0][1]] else 1]


def take(folder: Path) -> Picture:
    """Boot the kernel in a folder and paint it at its moment."""
    title = "/".join(folder.parts[-2:])
    image, kernel = folder / "ringstep.img", folder / "kernel.elf"
    names = symbols.load(str(kernel)).names
    moments = moments_of(names)
    record = qemu.boot(str(image), str(kernel), breakpoints=moments)
    seen = next((at for at in (record.at(moment.name) for moment in moments) if at), None)
    registers, memory = (seen or record).registers, (seen or record).memory
    if not registers or not registers.cr3 or not memory:
        raise MachineError(f"{image}: the kernel came to no page table of its own: "
                           "make qemu-nox says how it ended")
    when = f"at {seen.name}" if seen else \
        "at its end" + (f" (it never came to {moments[0].name})" if moments else "")
    return paint(title, when, names, memory, registers.cr3)


def other_kernel(lab: str, solved: str) -> Path:
    """Build the kernel of another selection: its folder."""
    ours = {key: value for key, value in os.environ.items()
            if key not in ("MAKEFLAGS", "MAKEOVERRIDES", "MFLAGS")}
    made = subprocess.run(["make", f"LAB={lab}", f"SOLVED={solved}", "TEST="], env=ours, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    match = re.search(r"(\S+)/ringstep\.img, kernel", made.stdout)
    if made.returncode or not match:
        last = (made.stdout.strip().splitlines() or [""])[-1]
        raise MachineError(f"COMPARE={solved}: {last}")
    return Path(match[1])


BITS = {1: "W: writable", 2: "U: ring 3 may use it", 3: "PWT", 4: "PCD", 5: "A: was used",
        6: "D: was written to", 7: "PS: a large page", 8: "G: global", 63: "NX: no execution"}


def sentence(entry: Mapping) -> str:
    """An entry in words, bit by bit."""
    to = "page" if entry.leaf else f"table of level {entry.level - 1}"
    bits = [words for bit, words in BITS.items() if entry.entry >> bit & 1]
    return (f"entry {entry.index} of level {entry.level}: {entry.entry:#018x}, {to} at "
            f"{entry.physical:#x}. "
            + "; ".join(["P: present", *(bits or ["read-only, ring 0 only"])]))


def names_of(entry: Mapping) -> str:
    return decode.page_entry(entry.entry, entry.level).split(" ->")[0]


def page(pictures: List[Picture]) -> str:
    """One picture, or two side by side, as one HTML page that needs nothing but itself."""
    template = jinja2.Template(Path(__file__).with_name("memmap.html").read_text("utf-8"),
                               autoescape=True)
    return template.render(pictures=pictures, cell=CELL, size_of=size_of, sentence=sentence,
                           names_of=names_of, bits_of=bits_of)


def run(image: str, last: str, lab: str, compare: str) -> int:
    """Print the map of a kernel, or of two, and write the page beside the last run's folder."""
    folders = [Path(image).parent]
    if compare:
        folders.append(other_kernel(lab, compare))
    pictures = [take(folder) for folder in folders]
    for picture in pictures:
        print(*text(picture), "", sep="\n")
    for ours, theirs in (pictures, pictures[::-1]) if len(pictures) == 2 else ():
        print(f"only in {ours.title}:", *differences(ours, theirs), "", sep="\n")
    target = Path(os.path.dirname(last) or "build", "map.html").absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(page(pictures), "utf-8")
    print(target)
    return 0
