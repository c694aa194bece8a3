"""The exceptions that led to the end of a run: which belong together, in words."""
from itertools import takewhile
from typing import Collection, List, Optional, Sequence, Tuple

from ringstep.kernel import decode
from ringstep.kernel.symbols import Symbols
from ringstep.machine.record import Event

MOST = 5                # exceptions that are shown


def describe(event: Event, symbols: Symbols) -> str:
    """"#PF page fault (write from ring 0, page not present) at 0x… in …"."""
    error = decode.error_code(event.vector, event.error_code)
    text = decode.vector(event.vector) + (f" ({error})" if error else "")
    if event.rip is not None:
        place = symbols.where(event.rip)
        text += f" at {event.rip:#x}" + (f" in {place}" if place else "")
    if event.cpl is not None:
        text += f", ring {event.cpl}"
    if event.cr2 is not None:
        text += f", address {event.cr2:#x}"
    return text + (f" [{event.reason}]" if event.reason else "")


def same_place(event: Event, after: Event) -> bool:
    """Whether `after` came while `event` was being delivered: no instruction between."""
    if event.time is not None:                      # Bochs: the instruction's number
        return event.time == after.time
    return event.rip == after.rip is not None and event.rsp == after.rsp


def same_kind(event: Event, after: Event) -> bool:
    return event.vector == after.vector and event.rip == after.rip \
        and event.error_code == after.error_code


def nested(event: Event, after: Event) -> bool:
    """Whether `after` came while the kernel was dealing with `event`."""
    if same_place(event, after):
        return True
    if event.kind != "exception" or after.kind != "exception" \
            or event.rsp is None or after.rsp is None:
        return False
    on_its_stack = event.cpl == 0 and 0 <= event.rsp - after.rsp < 0x4000
    return after.cpl == 0 and (on_its_stack or same_kind(event, after))


def last_chain(events: Sequence[Event],
               expected: Collection[Optional[int]] = ()) -> List[Event]:
    """The events that led to the end, the first one being the root of the rest.
    `expected`: addresses of instructions whose faults the kernel asks for."""
    chain = [e for e in events[-1:] if e.kind == "exception"]
    for event in reversed(events[:-1] if chain else []):
        if event.rip in expected or not nested(event, chain[0]):
            break
        chain.insert(0, event)
    return chain


def alike_before(events: Sequence[Event], chain: List[Event]) -> List[Event]:
    """Bochs tells no stack pointers. Of many exceptions alike, one after the other up to a double
    fault, the first is the root."""
    before = events[:max(0, len(events) - len(chain))]
    if before and any(event.vector == 8 for event in chain):
        kind = before[-1].vector, before[-1].error_code, 0
        alike = list(takewhile(lambda e: (e.vector, e.error_code, e.cpl) == kind, reversed(before)))
        if len(alike) > 10:
            return alike[::-1]
    return []


def chain_lines(chain: Sequence[Event], symbols: Symbols) -> List[str]:
    """A line for each exception of a chain, in order."""
    lines: List[str] = []
    groups: List[Tuple[Event, int]] = []            # those that differ, with how often each came
    for event in chain:
        if groups and same_kind(groups[-1][0], event):
            groups[-1] = groups[-1][0], groups[-1][1] + 1
        else:
            groups.append((event, 1))
    if len(groups) > MOST:
        groups[1:1 - MOST] = []
    for number, (event, times) in enumerate(groups):
        line = describe(event, symbols)
        if number and same_place(groups[number - 1][0], event):
            line += ", while the one above was being delivered"
        elif number:
            line += ", while the kernel was dealing with the one above"
        lines.append(line + (f" ({times} times)" if times > 1 else ""))
    return lines
