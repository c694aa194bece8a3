"""What led to a reset, in words."""
from . import decode

MOST = 4                # exceptions that are shown


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


def led_here(events):
    """The last exceptions; an `int` only where its own delivery failed."""
    chosen = [event for event, after in zip(events, events[1:] + [None])
              if event.kind == "exception" or after and after.rip == event.rip is not None]
    return chosen[-MOST:]


def last_exceptions(record, kernel=None):
    """The exceptions that led to a triple fault, one line each, in order."""
    try:
        from . import symbols
        table = symbols.load(kernel) if kernel else None
    except (ImportError, OSError):
        table = None
    return [describe(event, table) for event in led_here(record.events)]
