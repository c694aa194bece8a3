"""What the tests of lab 2 share: the kernels to boot, and words for numbers."""
from typing import Iterable, List, Sequence, Set

from ringstep.grading.harness import Boot, Run, signed
from ringstep.kernel.paging import ADDRESS, Mapping, U
from ringstep.machine.record import Event

LONG = 150_000_000     # instructions
MAIN = Boot(2, watches=("machine_off",), instructions=2 * LONG)
# An allocator that looks through all frames from the first each time is right, too.
FRAMES = Boot(2, "frames", mib=16, instructions=4 * LONG)
FRAMES_LARGE = Boot(2, "frames_large", mib=32, instructions=4 * LONG)
WALK = Boot(2, "walk", mib=16)
MAP = Boot(2, "map", mib=16)
SPACES = Boot(2, "spaces", mib=16)
STACKS = Boot(2, "stacks", mib=16)
PROCESSES = Boot(2, "processes", mib=16, instructions=LONG)

PAGE = 4096
HALF = 256              # from this entry on a PML4 is the kernel's


def error(run: Run, value: int) -> str:
    """"-ENOMEM" for the number that <errno.h> gives that name; "0"."""
    names = {number: f"-{name}" for name, number in run.constants.items()
             if name[0] == "E" and name.isalpha()}
    return names.get(-signed(value), str(signed(value)))


def expect_error(run: Run, call: str, value: int, expected: str) -> None:
    run.expect(error(run, value) == expected, f"{call} to give {expected}",
               f"it gives {error(run, value)}")


def page_faults(run: Run) -> List[Event]:
    return [event for event in run.exceptions(run.constant("VECTOR_PF")) if event.cpl == 0]


def fault_at(run: Run, address: int) -> bool:
    """Whether the emulator has seen a page fault there. Bochs does not always tell where."""
    return any(event.cr2 in (address, None) for event in page_faults(run))


def frames_of(run: Run, root: int, first: int = 0, last: int = HALF - 1) -> Set[int]:
    """A PML4, and every table and page that some of its entries lead to."""
    return {entry & ADDRESS for page in run.pages(root, first, last)
            for entry in page.entries} | {root}


def expect_free_frames(run: Run, used: Set[int]) -> None:
    """Of the frames that could be had in the end each came once, and none is in use."""
    free = run.values("free frame")
    run.expect(free, "free frames", "there is none")
    run.expect(len(set(free)) == len(free), "each free frame to be handed out once",
               f"{listed(sorted(f for f in set(free) if free.count(f) > 1))} came twice: "
               "it was freed twice")
    run.expect(not used & set(free), "no frame that is in use to be handed out",
               f"{listed(sorted(used & set(free)))} was: it was freed while somebody had it")


def listed(values: Iterable[object], form: str = "{:#x}", most: int = 6) -> str:
    """"0x1, 0x2 and 0x3"; of many only the first."""
    shown = [form.format(value) for value in values]
    if len(shown) > most:
        shown[most:] = [f"{len(shown) - most} more"]
    return " and ".join([", ".join(shown[:-1])] * (len(shown) > 1) + shown[-1:]) or "none"


def bits(entries: Sequence[int], mask: int) -> str:
    """One bit of each entry, from level 4 down: "1, 1, 1, 0"."""
    return ", ".join("1" if entry & mask else "0" for entry in entries)


def flags(page: Mapping) -> str:
    return (f"{page.virtual:#x} is mapped {page.permissions}, U bits from level 4 down "
            f"{bits(page.entries, U)}")
