"""What happened, when a run ended badly: the chain of exceptions, what was at
fault, and the likely cause in one sentence (causes.py).
"""
import json
import os
import re
import shutil
import sys
from dataclasses import dataclass, field
from typing import List

from ringstep.explain import causes
from ringstep.explain.chain import chain_lines
from ringstep.explain.scene import PANIC, Scene
from ringstep.machine import bochs
from ringstep.machine.record import ENDS, Limits, Registers

GOOD_STATUS = (0, 2, 3)


@dataclass
class Explanation:
    ended: str                                      # how, in words
    chain: List[str] = field(default_factory=list)      # the exceptions, in order
    at_fault: List[str] = field(default_factory=list)   # what they are about, decoded
    cause: str = ""                                 # one sentence
    read: str = ""                                  # a page of the handouts

    def lines(self):
        out = [f"  {line}" for line in self.chain + self.at_fault]
        return out + ([f"  cause: {self.cause}"] if self.cause else []) + [f"  read: {self.read}"]


def last_exceptions(record, kernel=None):
    """The exceptions that led to the end, one line each, in order."""
    scene = Scene(record, kernel)
    return chain_lines(scene.chain, scene.symbols)


def ended(record):
    words = ENDS.get(record.end, record.end)
    if record.end == "power-off":
        panic = PANIC.search(record.text)
        return panic[0] if panic else "the kernel panicked without a word" if record.status == 1 else \
            words + " without a status"
    return words + (f": {record.limit}" if record.limit and record.end in ("limit", "gave-up") else "")


def ended_well(record):
    """Whether a run ended as runs of this course end."""
    return record.end == "closed" or (record.end == "power-off" and record.status in GOOD_STATUS)


def explain(record, kernel=None):
    """What happened, or None where nothing bad did."""
    return None if ended_well(record) else explained(Scene(record, kernel))


@dataclass(frozen=True)
class Seen:
    """An event's registers that were looked up later; see qemu_log.Dump."""
    seen: Registers

    def registers(self):
        return self.seen


def look_again(record, kernel, image):
    """Bochs' record has no registers at an exception: run the image again, up to the one
    with which the bad end began."""
    root = None if ended_well(record) else Scene(record, kernel).root
    found = root and root.time and bochs.at_time(image, root.time)
    if found:
        registers, record.memory = found
        root.dump, root.rip, root.rsp = Seen(registers), registers.rip, registers["rsp"]
        root.cs, root.ss = registers.segments["cs"].selector, registers.segments["ss"].selector


def explained(scene):
    record, (cause, read) = scene.record, causes.find(scene)
    if record.limit and record.end != "limit":
        cause += f" (not all was recorded: too much of {record.limit})" if record.end != "gave-up" else ""
    return Explanation(ended(record), chain_lines(scene.chain, scene.symbols), causes.at_fault(scene), cause,
                       "handouts/" + read)


def cause(record, kernel=None):
    """The likely cause in one sentence, "" where there is nothing to explain."""
    explanation = explain(record, kernel)
    return explanation.cause if explanation else ""


# ---- the last run, for `make why` ----

def keep(folder, image, kernel, record, explanation):
    """Put the explanation and what was booted where again() finds it."""
    if not folder:
        return
    os.makedirs(folder, exist_ok=True)
    if explanation:
        shutil.copyfile(image, os.path.join(folder, "ringstep.img"))
        shutil.copyfile(kernel, os.path.join(folder, "kernel.elf"))
    kept = {"image": image, "emulator": record.emulator, "ended": explanation and explanation.ended,
            "lines": explanation.lines() if explanation else stopped_itself(record)}
    with open(os.path.join(folder, "run.json"), "w") as file:
        json.dump(kept, file)


def stopped_itself(record):
    """The kernel's own sentence, where it stopped at an exercise."""
    lines = re.findall(r"^Exercise \d.*", record.text, re.M)
    return ["  the kernel itself stopped, and no exception led to it:", f"  {lines[-1]}"] if record.status in (2, 3) and lines else []


def again(folder):
    """Explain the last run once more, with what Bochs says about the same image."""
    try:
        with open(os.path.join(folder, "run.json")) as file:
            kept = json.load(file)
    except (OSError, ValueError):
        print("why: nothing has been run yet: make qemu-nox", file=sys.stderr)
        return 1
    stopped = "it stopped at an exercise" if kept["lines"] else "the run ended well, there is nothing to explain"
    print("\n".join([f"{kept['emulator']}, {kept['image']}: {kept['ended'] or stopped}", *kept["lines"]]), flush=True)
    if kept["emulator"] == "bochs" or not kept["ended"]:
        return 0
    kernel = os.path.join(folder, "kernel.elf")
    image = os.path.join(folder, "ringstep.img")
    record = bochs.boot(image, kernel, Limits())
    if ended_well(record):
        print("bochs, the same image: it ends well there; see handouts/trouble.md#one-emulator-only")
    else:
        print(f"bochs, the same image: {ended(record)}")
        print("\n".join(f"  {line}" for line in last_exceptions(record, kernel)) or "  no exception led to it")
    return 0
