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

from . import decode
from .record import ENDS

MOST = 5                # exceptions that are shown
GOOD_STATUS = (0, 2, 3)
PANIC = re.compile(r"^PANIC: (?:(?P<place>\S+:\d+): (?P<function>\w+)\(\): )?(?P<message>.*)", re.M)


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


def describe(event, symbols):
    """"#PF page fault (write from ring 0, page not present) at 0x… in …"."""
    error = decode.error_code(event.vector, event.error_code)
    text = decode.vector(event.vector) + (f" ({error})" if error else "")
    if event.rip is not None:
        place = symbols.where(event.rip) if symbols else ""
        text += f" at {event.rip:#x}" + (f" in {place}" if place else "")
    if event.cpl is not None:
        text += f", ring {event.cpl}"
    if event.cr2 is not None:
        text += f", address {event.cr2:#x}"
    return text + (f" [{event.reason}]" if event.reason else "")


def same_place(event, after):
    """Whether `after` came while `event` was being delivered: no instruction between."""
    if event.time is not None:                      # Bochs: the instruction's number
        return event.time == after.time
    return event.rip == after.rip is not None and event.rsp == after.rsp


def same_kind(event, after):
    return (event.vector, event.rip, event.error_code) == (after.vector, after.rip, after.error_code)


def nested(event, after):
    """Whether `after` came while the kernel was dealing with `event`."""
    if same_place(event, after):
        return True
    if event.kind != "exception" or after.kind != "exception" or event.rsp is None:
        return False
    on_its_stack = event.cpl == 0 and 0 <= event.rsp - after.rsp < 0x4000
    return after.cpl == 0 and (on_its_stack or same_kind(event, after))


def last_chain(events, expected=()):
    """The events that led to the end, the first one being the root of the rest.
    `expected`: addresses of instructions whose faults the kernel asks for."""
    chain = [e for e in events[-1:] if e.kind == "exception"]
    for event in reversed(events[:-1] if chain else []):
        if event.rip in expected or not nested(event, chain[0]):
            break
        chain.insert(0, event)
    return chain


def last_exceptions(record, kernel=None):
    """The exceptions that led to the end, one line each, in order."""
    from .scene import Scene
    return chain_lines(Scene(record, kernel))


def chain_lines(scene):
    lines, chain, table = [], scene.chain, scene.symbols
    groups = []                                     # those that differ, with how often each came
    for event in chain:
        if groups and same_kind(groups[-1][0], event):
            groups[-1][1] += 1
        else:
            groups.append([event, 1])
    if len(groups) > MOST:
        groups[1:1 - MOST] = []
    for number, (event, times) in enumerate(groups):
        line = describe(event, table)
        if number and same_place(groups[number - 1][0], event):
            line += ", while the one above was being delivered"
        elif number:
            line += ", while the kernel was dealing with the one above"
        lines.append(line + (f" ({times} times)" if times > 1 else ""))
    return lines


def ended(record):
    words = ENDS.get(record.end, record.end)
    if record.end == "power-off":
        panic = PANIC.search(record.text)
        return panic[0] if panic else "the kernel panicked without a word" if record.status == 1 else \
            words + " without a status"
    return words + (f": {record.limit}" if record.limit and record.end in ("limit", "gave-up") else "")


def explain(record, kernel=None):
    """What happened, or None for a run that ended as runs of this course end."""
    if record.end == "closed" or (record.end == "power-off" and record.status in GOOD_STATUS):
        return None
    from .scene import Scene
    return explained(Scene(record, kernel))


def explained(scene):
    from . import causes
    record, (cause, read) = scene.record, causes.find(scene)
    if record.limit and record.end != "limit":
        cause += f" (not all was recorded: too much of {record.limit})" if record.end != "gave-up" else ""
    return Explanation(ended(record), chain_lines(scene), causes.at_fault(scene), cause,
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
            "lines": explanation and explanation.lines()}
    with open(os.path.join(folder, "run.json"), "w") as file:
        json.dump(kept, file)


def again(folder):
    """Explain the last run once more, with what Bochs says about the same image."""
    from . import bochs
    from .record import Limits
    try:
        with open(os.path.join(folder, "run.json")) as file:
            kept = json.load(file)
    except (OSError, ValueError):
        print("why: nothing has been run yet: make qemu-nox", file=sys.stderr)
        return 1
    print(f"{kept['emulator']}, {kept['image']}: {kept['ended'] or 'the run ended well, there is nothing to explain'}")
    if not kept["ended"]:
        return 0
    print("\n".join(kept["lines"]), flush=True)
    if kept["emulator"] == "bochs":
        return 0
    kernel = os.path.join(folder, "kernel.elf")
    record = bochs.boot(os.path.join(folder, "ringstep.img"), kernel, Limits())
    if explain(record, kernel) is None:
        print("bochs, the same image: it ends well there; see handouts/trouble.md#one-emulator-only")
    else:
        print(f"bochs, the same image: {ended(record)}")
        print("\n".join(f"  {line}" for line in last_exceptions(record, kernel)) or "  no exception led to it")
    return 0
