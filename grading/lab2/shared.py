"""What the tests of lab 2 share: the kernels to boot, and words for numbers."""
from ringstep.grading.harness import Boot, signed

LONG = 150_000_000     # instructions
MAIN = Boot(2, watches=("machine_off",), instructions=LONG)
# An allocator that looks through all frames from the first each time is right, too.
FRAMES = Boot(2, "frames", mib=16, instructions=4 * LONG)
FRAMES_LARGE = Boot(2, "frames_large", mib=32, instructions=4 * LONG)
WALK = Boot(2, "walk", mib=16)
MAP = Boot(2, "map", mib=16)
SPACES = Boot(2, "spaces", mib=16)
STACKS = Boot(2, "stacks", mib=16)
PROCESSES = Boot(2, "processes", mib=16, instructions=LONG)

PAGE = 4096
P, W, U, NX = 1, 2, 4, 1 << 63
ADDRESS = 0x000FFFFFFFFFF000
EAGAIN, ENOMEM, EEXIST, EINVAL, ENOENT, ESRCH = -11, -12, -17, -22, -2, -3


def error(value):
    names = {0: "0", ENOMEM: "-ENOMEM", EEXIST: "-EEXIST", EINVAL: "-EINVAL", ENOENT: "-ENOENT",
             ESRCH: "-ESRCH", EAGAIN: "-EAGAIN"}
    return names.get(signed(value), str(signed(value)))


def expect_error(run, call, value, expected):
    run.expect(signed(value) == expected, f"{call} to give {error(expected % (1 << 64))}",
               f"it gives {error(value)}")


def page_faults(run):
    return [e for e in run.exceptions(14) if e.cpl == 0]


def fault_at(run, address):
    """Whether the emulator has seen a page fault there. Bochs does not always tell where."""
    return any(event.cr2 in (address, None) for event in page_faults(run))


def listed(values, form="{:#x}", most=6):
    """"0x1, 0x2 and 0x3"; of many only the first."""
    shown = [form.format(value) for value in values]
    if len(shown) > most:
        shown[most:] = [f"{len(shown) - most} more"]
    return " and ".join([", ".join(shown[:-1])] * (len(shown) > 1) + shown[-1:]) or "none"


def bits(entries, mask):
    """One bit of each entry, from level 4 down: "1, 1, 1, 0"."""
    return ", ".join("1" if entry & mask else "0" for entry in entries)


def flags(page):
    return (f"{page.virtual:#x} is mapped {page.permissions}, U bits from level 4 down "
            f"{bits(page.entries, U)}")
