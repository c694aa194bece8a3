"""`make map`: who owns physical memory, and what each process sees, at one moment of a run."""
import os
import re
import subprocess
from pathlib import Path
from typing import Dict, List

from ringstep.explain.memmap_model import Picture, paint
from ringstep.explain.memmap_page import page
from ringstep.explain.memmap_text import differences, text
from ringstep.kernel import layout, symbols
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
