"""Reading what Bochs writes: its debugger's registers, and its log of exceptions."""
import re
from typing import List, Optional, Tuple

from ringstep.machine.record import (
    GENERAL, PUSH_ERROR_CODE, Event, MachineError, Registers, Segment, TableRegister)


def parse_registers(text: str) -> Registers:
    def number(pattern: str) -> int:
        match = re.search(pattern, text, re.M)
        if not match:
            raise MachineError(f"Bochs' debugger does not say {pattern}")
        return int(match[1].replace("_", ""), 16)

    def table(name: str) -> TableRegister:
        return TableRegister(number(rf"^{name}:base=0x(\w+)"),
                             number(rf"^{name}:.*limit=0x(\w+)"))
    segments = {}
    for name, *parts in re.findall(r"^(\w+):0x(\w+), dh=0x(\w+), dl=0x(\w+)", text, re.M):
        selector, high, low = (int(part, 16) for part in parts)
        base = low >> 16 | (high & 0xFF) << 16 | high & 0xFF000000
        limit = low & 0xFFFF | high & 0xF0000
        if high & 1 << 23:                  # G: in pages
            limit = limit << 12 | 0xFFF
        wide = name in ("ldtr", "tr")       # 64-bit base, of which dh and dl hold the half
        segments[name] = Segment(selector, None if wide else base, base, limit, high & 0x00F0FF00)
    return Registers({name: number(rf"^{name} ?: (\w+)") for name in GENERAL},
                     number(r"^rip: (\w+)"), number(r"^eflags:? 0x(\w+)"),
                     segments["cs"].selector & 3, segments, table("gdtr"), table("idtr"),
                     number(r"^CR0=0x(\w+)"), number(r"^CR2=page fault laddr=0x(\w+)"),
                     number(r"^CR3=0x(\w+)"), number(r"^CR4=0x(\w+)"), number(r"^EFER=0x(\w+)"))


# What Bochs logs before it gives up on an exception: all of it is one instruction.
LAST = re.compile(r"^(\d+)i\[CPU0  \] \|  CS:(\w+).*\n(?:\1i.*\n)*?\1i\[CPU0  \] \| [RE]IP=(\w+)"
                  r".*\n(?:\1i.*\n)*\1e.*exception with no resolution", re.M)
KINDS = {0: "interrupt", 2: "interrupt", 3: "exception", 4: "software", 5: "software",
         6: "software"}
LOG = re.compile(r"^(?P<time>\d+)(?P<level>[de])\[CPU0  \] (?:"
                 r"interrupt\(\): vector = (?P<vector>\w+), TYPE = (?P<type>\d).*"
                 r"|exception\(0x(?P<exception>\w+)\): error_code=(?P<error>\w+)"
                 r"|page fault for address (?P<address>\w+) @.*"
                 r"|interrupt\(.*\): INTERRUPT TO (?P<privilege>\w+) PRIVILEGE"
                 r"|(?P<mode>\w+) mode activated"
                 r"|(?P<text>(?!page walk|interrupt\(long|interrupt\(\): vector =|LONG MODE"
                 r"|inhibit).*))$", re.M)


def parse_events(log: str) -> List[Event]:
    events: List[Event] = []
    real, error, address = True, None, None
    reason: Tuple[Optional[int], str] = (None, "")
    for match in LOG.finditer(log):
        time = int(match["time"])
        if match["mode"]:
            real = match["mode"] == "real"
        elif match["exception"]:
            error = int(match["error"], 16)
        elif match["address"]:
            address = int(match["address"], 16)
        elif match["privilege"] and events:
            # To the same ring, which is the kernel's, or from ring 3 into it.
            events[-1].cpl = 0 if match["privilege"] == "SAME" else 3
        elif match["text"]:
            reason = time, match["text"]
        elif match["vector"] and not real:
            vector, kind = int(match["vector"], 16), KINDS[int(match["type"])]
            has_code = kind == "exception" and vector in PUSH_ERROR_CODE
            events.append(Event(
                kind, vector, error if has_code else None, time=time,
                cr2=address if vector == 14 and kind == "exception" else None,
                reason=reason[1] if kind == "exception" and reason[0] == time else None))
            reason = None, ""
    last = LAST.search(log)
    for event in events:
        if last and event.time == int(last[1]):
            event.cs, event.rip = int(last[2], 16), int(last[3], 16)
    return events
