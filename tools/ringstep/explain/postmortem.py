"""What happened, when a run ended badly: the chain of exceptions, what was at
fault, and the likely cause in one sentence (causes.py).
"""
import copy
import json
import os
import re
import shutil
import sys
from dataclasses import dataclass
from typing import List, Optional

from ringstep.explain.chain import chain_lines
from ringstep.explain.scene import PANIC, PANICKED, Scene, section_of
from ringstep.kernel.layout import CONSTANTS
from ringstep.machine.record import ENDS, Limits, Record

STOPPED_ITSELF = CONSTANTS["MACHINE_TODO"], CONSTANTS["MACHINE_WRONG"]
GOOD_STATUS = CONSTANTS["MACHINE_DONE"], *STOPPED_ITSELF


@dataclass(frozen=True)
class Explanation:
    ended: str                  # how, in words
    chain: List[str]            # the exceptions, in order
    at_fault: List[str]         # what they are about, decoded
    cause: str                  # one sentence
    read: str                   # a section of the handouts

    def lines(self) -> List[str]:
        found = [*self.chain, *self.at_fault, *([f"cause: {self.cause}"] if self.cause else []),
                 f"read: {self.read}"]
        return [f"  {line}" for line in found]


def last_exceptions(record: Record, kernel: Optional[str] = None) -> List[str]:
    """The exceptions that led to the end, one line each, in order."""
    scene = Scene(record, kernel)
    return chain_lines(scene.chain, scene.symbols)


def ended(record: Record) -> str:
    words = ENDS.get(record.end, record.end)
    if record.end == "power-off":
        panic = PANIC.search(record.text)
        if panic:
            return panic[0]
        return "the kernel panicked without a word" if record.status == PANICKED else \
            words + " without a status"
    return words + (f": {record.limit}" if record.limit and record.end in ("limit", "gave-up")
                    else "")


def ended_well(record: Record) -> bool:
    """Whether a run ended as runs of this course end."""
    return record.end == "closed" or (record.end == "power-off" and record.status in GOOD_STATUS)


def explain(record: Record, kernel: Optional[str] = None) -> Optional[Explanation]:
    """What happened, or None where nothing bad did."""
    return None if ended_well(record) else explained(Scene(record, kernel))


def look_again(record: Record, kernel: str, image: str) -> None:
    """Bochs' record has no registers at an exception: run the image again, up to the one
    with which the bad end began."""
    from ringstep.machine import bochs
    chain = [] if ended_well(record) else Scene(record, kernel).chain
    found = bochs.at_time(image, chain[0].time) if chain and chain[0].time else None
    if found:
        root = chain[0]
        registers, record.memory = found
        root.dump = (copy.copy, registers)
        root.rip, root.rsp = registers.rip, registers["rsp"]
        root.cs, root.ss = registers.segments["cs"].selector, registers.segments["ss"].selector


def explained(scene: Scene) -> Explanation:
    from ringstep.explain import causes         # most runs end well, and need none of it
    record, cause = scene.record, causes.find(scene)
    sentence = cause.sentence
    if record.limit and record.end not in ("limit", "gave-up"):
        sentence += f" (not all was recorded: too much of {record.limit})"
    return Explanation(ended(record), chain_lines(scene.chain, scene.symbols),
                       causes.at_fault(scene), sentence, "handouts/" + section_of(cause.read))


def cause(record: Record, kernel: Optional[str] = None) -> str:
    """The likely cause in one sentence, "" where there is nothing to explain."""
    explanation = explain(record, kernel)
    return explanation.cause if explanation else ""


# ---- the last run, for `make why` ----

def keep(folder: str, image: str, kernel: str, record: Record,
         explanation: Optional[Explanation]) -> None:
    """Put the explanation and what was booted where again() finds it."""
    if not folder:
        return
    os.makedirs(folder, exist_ok=True)
    if explanation:
        shutil.copyfile(image, os.path.join(folder, "ringstep.img"))
        shutil.copyfile(kernel, os.path.join(folder, "kernel.elf"))
    kept = {"image": image, "emulator": record.emulator,
            "ended": explanation.ended if explanation else None,
            "lines": explanation.lines() if explanation else stopped_itself(record)}
    with open(os.path.join(folder, "run.json"), "w") as file:
        json.dump(kept, file)


def stopped_itself(record: Record) -> List[str]:
    """The kernel's own sentence, where it stopped at an exercise."""
    lines = re.findall(r"^(?:Exercise \d|Lab \d+ is not complete).*", record.text, re.M)
    if record.status not in STOPPED_ITSELF or not lines:
        return []
    return ["  the kernel itself stopped, and no exception led to it:", f"  {lines[-1]}"]


def again(folder: str) -> int:
    """Explain the last run once more, with what Bochs says about the same image."""
    try:
        with open(os.path.join(folder, "run.json")) as file:
            kept = json.load(file)
    except (OSError, ValueError):
        print("why: nothing has been run yet: make qemu-nox", file=sys.stderr)
        return 1
    stopped = "the lab is not complete" if kept["lines"] else \
        "the run ended well, there is nothing to explain"
    print(f"{kept['emulator']}, {kept['image']}: {kept['ended'] or stopped}")
    print(*kept["lines"], sep="\n", end="\n" if kept["lines"] else "", flush=True)
    if kept["emulator"] == "bochs" or not kept["ended"]:
        return 0
    from ringstep.machine import bochs
    kernel = os.path.join(folder, "kernel.elf")
    record = bochs.boot(os.path.join(folder, "ringstep.img"), kernel, Limits())
    if ended_well(record):
        print("bochs, the same image: it ends well there; "
              "see handouts/trouble.md#one-emulator-only")
        return 0
    print(f"bochs, the same image: {ended(record)}")
    for line in last_exceptions(record, kernel) or ["no exception led to it"]:
        print(f"  {line}")
    return 0
