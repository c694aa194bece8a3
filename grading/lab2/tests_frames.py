"""What lab 2's kernel must have done with frames (2.1)."""
from itertools import chain
from typing import List, Set, Tuple

from grading.lab2.shared import FRAMES, FRAMES_LARGE, HALF, PAGE
from ringstep.grading.harness import Run, test
from ringstep.kernel.paging import ADDRESS


def usable_ranges(run: Run) -> List[Tuple[int, int]]:
    """What the firmware calls usable (E820, as the loader stored it), whole pages."""
    address = run.constant("BOOT_INFO_ADDRESS")
    count = run.memory.u64(address) & 0xFFFFFFFF
    ranges = []
    for i in range(count):
        at = address + 8 + 24 * i
        start, size = run.memory.u64(at), run.memory.u64(at + 8)
        if run.memory.u64(at + 16) & 0xFFFFFFFF == 1:
            ranges.append(((start + PAGE - 1) // PAGE * PAGE, (start + size) // PAGE * PAGE))
    return ranges


def frames_taken(run: Run) -> Tuple[List[int], List[int]]:
    """The frames that were handed out in the first round, and in the second."""
    rounds = run.values("taken", 2)
    frames = run.values("frame", sum(rounds))
    run.expect(all(rounds), "frames to be handed out in both rounds",
               f"there were {rounds[0]} and then {rounds[1]}")
    return frames[:rounds[0]], frames[rounds[0]:]


def handed_out(run: Run, frame: int) -> str:
    """That a frame was handed out, and what is special about it."""
    ends = run.values("region end")
    where = "" if frame not in ends else \
        f": it is the end of memory_regions[{ends.index(frame)}], the first byte behind that region"
    return f"frame {frame:#x} was handed out{where}"


@test("2.1", FRAMES, "frame_alloc")
def frames_are_usable(run: Run) -> None:
    """Every frame handed out is whole, and memory that the firmware calls usable."""
    ranges = usable_ranges(run)
    for frame in chain(*frames_taken(run)):
        run.expect(frame % PAGE == 0, "frames to start at multiples of 4096", f"one is {frame:#x}")
        run.expect(any(start <= frame and frame + PAGE <= end for start, end in ranges),
                   "only memory that the firmware calls usable", handed_out(run, frame))
        run.expect(frame >= 0x100000, "nothing below 1 MiB", handed_out(run, frame))


@test("2.1", FRAMES, "frame_alloc")
def frames_are_free(run: Run) -> None:
    """No frame handed out belongs to the kernel's image or its page tables."""
    used = set(chain(*frames_taken(run)))
    load = run.constant("KERNEL_LOAD_ADDRESS")
    image = range(load, load + run.symbol("kernel_end") - run.constant("KERNEL_BASE"), PAGE)
    root, = run.u64s(run.symbol("kernel_page_table"), 1)
    tables = {entry & ADDRESS for page in run.pages(root, HALF) for entry in page.entries[:2]}
    for frame in (*image, root, *tables):
        run.expect(frame not in used, "the kernel's own memory to stay the kernel's",
                   handed_out(run, frame))


@test("2.1", FRAMES, "frame_alloc")
def no_frame_twice(run: Run) -> None:
    """No frame is handed out while somebody has it."""
    seen: Set[int] = set()
    for what, frame in run.observed_so_far():       # it may be the end of the kernel, too
        if what == "frame":
            run.expect(frame not in seen, "each frame to be handed out once",
                       f"{frame:#x} came twice")
            seen.add(frame)
        elif what == "taken":
            seen.clear()
    frames_taken(run)


@test("2.1", FRAMES, "frame_alloc")
def frames_are_zeroed(run: Run) -> None:
    """A frame is filled with zeroes, also when somebody has used it before."""
    for dirty, when in zip(run.values("not zeroed", 2), ("the first time", "the second time")):
        run.expect(dirty == 0, "all frames to be zeroes", f"{dirty} were not, {when} round")


@test("2.1", FRAMES, "frame_alloc")
def frames_in_use_are_left_alone(run: Run) -> None:
    """What somebody has written into a frame stays there while other frames come and go."""
    for spoilt in run.values("spoilt by a later frame_alloc()", 2):
        run.equal("frames in use that were written to by a later frame_alloc():", spoilt, 0, "{}")


@test("2.1", FRAMES, "frame_alloc")
def all_memory_is_handed_out(run: Run) -> None:
    """All usable frames can be had, and had again after they were given back."""
    usable = run.value("usable")
    for taken, when in zip(run.values("taken", 2), ("first", "second")):
        run.expect(taken == usable, f"{usable} frames in the {when} round", f"there were {taken}")


@test("2.1", FRAMES_LARGE, "frame_alloc")
def large_memory_is_handed_out(run: Run) -> None:
    """With 32 MiB, too, all usable frames can be had, up to the highest, each once."""
    usable = run.value("usable")
    run.equal("frames from a machine with 32 MiB:", run.value("taken"), usable, "{}")
    ends = run.values("region end")
    run.expect(ends, "memory regions", "the test kernel has reported none")
    run.equal("the highest of them at", run.value("highest"), max(ends) - PAGE)
    run.equal("frames handed out twice:", run.value("twice"), 0, "{}")
    run.equal("with all taken a count of", run.value("free when exhausted"), 0, "{}")


@test("2.1", FRAMES, "frame_alloc")
def exhaustion_is_an_error(run: Run) -> None:
    """When no frame is left FRAME_NONE comes back, and a frame given back can be had."""
    for frame in run.values("one more", 4):
        run.expect(frame == 0, "FRAME_NONE when all are taken", f"{frame:#x} came back")
    run.equal("after one frame came back, that one:", run.value("taken again"),
              run.value("came back"))


@test("2.1", FRAMES, "frame_free_count")
def frames_are_counted(run: Run) -> None:
    """frame_free_count is right before, in between and when all are taken."""
    usable = run.value("usable")
    run.equal("at first a count of", run.value("free at first"), usable, "{}")
    taking, giving = run.values("free while taking", 8), run.values("free while giving back", 4)
    for taken, free in enumerate(taking[:len(giving)], 1):
        run.equal(f"with {taken} of {usable} frames taken a count of", free, usable - taken, "{}")
    for given, free in enumerate(giving, 1):
        run.equal(f"with {given} given back after all were taken a count of", free, given, "{}")
    for free in run.values("free when exhausted", 2):
        run.equal("with all taken a count of", free, 0, "{}")
    run.equal("with all given back a count of", run.value("free after all came back"), usable, "{}")
    run.equal("with one given back a count of", run.value("free after one came back"), 1, "{}")
