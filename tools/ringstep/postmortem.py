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


def last_exceptions(record, kernel=None):
    """The exceptions that led to a triple fault, one line each."""
    try:
        from . import symbols
        table = symbols.load(kernel) if kernel else None
    except (ImportError, OSError):
        table = None
    return [describe(event, table) for event in record.events[-MOST:]]
