"""Reading what QEMU writes: registers, and the log of `-d int`."""
import re
from typing import List, Optional

from ringstep.machine.record import (
    GENERAL, PUSH_ERROR_CODE, Event, Registers, Segment, TableRegister)

NUMBER = re.compile(r"\b([A-Z0-9]{2,4}) ?=([0-9a-f]+)")
SEGMENT = re.compile(r"^(ES|CS|SS|DS|FS|GS|LDT|TR) ?=([0-9a-f]{4}) ([0-9a-f]+) "
                     r"([0-9a-f]{8}) ([0-9a-f]{8})", re.M)
TABLE = re.compile(r"^(GDT|IDT)= +([0-9a-f]+) ([0-9a-f]+)", re.M)


def parse_registers(text: str) -> Registers:
    """Both `info registers` and the log have this form."""
    values = {name.lower(): int(value, 16) for name, value in NUMBER.findall(text)}
    if "rip" not in values:                 # 16- and 32-bit code
        values.update({"r" + n[1:]: v for n, v in list(values.items())
                       if n[0] == "e" and len(n) == 3})
    segments = {}
    for name, selector, base, limit, flags in SEGMENT.findall(text):
        name = "ldtr" if name == "LDT" else name.lower()
        base = int(base, 16)
        segments[name] = Segment(int(selector, 16), base, base & 0xFFFFFFFF, int(limit, 16),
                                 int(flags, 16) & 0x00F0FF00)
    tables = {name: TableRegister(int(base, 16), int(limit, 16))
              for name, base, limit in TABLE.findall(text)}
    return Registers({name: values[name] for name in GENERAL if name in values},
                     values.get("rip"), values.get("rfl", values.get("efl")), values["cpl"],
                     segments, tables.get("GDT"), tables.get("IDT"), values.get("cr0"),
                     values.get("cr2"), values.get("cr3"), values.get("cr4"), values.get("efer"),
                     bool(values.get("hlt")))


LOG = re.compile(
    r"^Servicing hardware INT=0x(?P<hardware>..)"
    r"|^ *\d+: v=(?P<vector>..) e=(?P<error>....) i=(?P<software>.) cpl=(?P<cpl>.) "
    r"IP=(?P<cs>....):(?P<rip>\S+) pc=\S+ SP=(?P<ss>....):(?P<rsp>\S+)"
    r"(?: CR2=(?P<cr2>\S+))?.*\n(?P<dump>(?:[A-Z].*\n)*)", re.M)


def parse_events(log: str) -> List[Event]:
    events: List[Event] = []
    hardware = None
    for match in LOG.finditer(log):
        if match["hardware"]:
            hardware = int(match["hardware"], 16)
        else:
            # A double fault has a first one, at the same place. The BIOS's timer comes with
            # the same vector, and QEMU does not always say that it serves it.
            if match["vector"] == "08" and not (events and events[-1].rip == int(match["rip"], 16)):
                hardware = 8
            events.append(event(match, hardware))
            hardware = None
    return events


def event(match: "re.Match[str]", hardware: Optional[int]) -> Event:
    """A trap; `hardware` is the vector of the device that QEMU was about to serve."""
    def number(name: str) -> Optional[int]:
        return int(match[name], 16) if match[name] else None
    vector, kind = int(match["vector"], 16), "exception"
    if match["software"] == "1":
        kind = "software"
    elif vector == hardware or vector >= 32:
        kind = "interrupt"
    has_code = kind == "exception" and vector in PUSH_ERROR_CODE
    return Event(kind, vector, number("error") if has_code else None,
                 number("cpl"), number("cs"), number("rip"), number("ss"), number("rsp"),
                 number("cr2"), dump=(parse_registers, match["dump"]))
