"""What the tests of lab 2 share: the kernels to boot, and words for numbers."""
from ringstep.grading.harness import Boot, signed

LONG = {"instructions": 150_000_000, "cpu_seconds": 5}
MAIN = Boot(2, points=("machine_off",), **LONG)
FRAMES = Boot(2, "frames", mib=16, **LONG)
WALK = Boot(2, "walk", mib=16)
MAP = Boot(2, "map", mib=16)
SPACES = Boot(2, "spaces", mib=16)
STACKS = Boot(2, "stacks", mib=16)
PROCESSES = Boot(2, "processes", mib=16, **LONG)

PAGE = 4096
P, W, U, NX = 1, 2, 4, 1 << 63
ADDRESS = 0x000FFFFFFFFFF000
ENOMEM, EEXIST, EINVAL, ENOENT, ESRCH = -12, -17, -22, -2, -3


def error(value):
    names = {0: "0", ENOMEM: "-ENOMEM", EEXIST: "-EEXIST", EINVAL: "-EINVAL", ENOENT: "-ENOENT",
             ESRCH: "-ESRCH"}
    return names.get(signed(value), str(signed(value)))


def expect_error(run, call, value, expected):
    run.expect(signed(value) == expected, f"{call} to give {error(expected % (1 << 64))}",
               f"it gives {error(value)}")


def page_faults(run):
    return [e for e in run.exceptions(14) if e.cpl == 0]


def flags(page):
    return (f"{page.virtual:#x} is mapped {page.permissions}, U bits from level 4 down "
            f"{[entry >> 2 & 1 for entry in page.entries]}")
