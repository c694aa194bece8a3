"""What lab 2's kernel must have done with frames and page tables."""
from itertools import chain

from grading.lab2.shared import (ADDRESS, EEXIST, EINVAL, ENOENT, ENOMEM, FRAMES, FRAMES_LARGE,
                                 MAIN, MAP, NX, P, PAGE, U, W, WALK, bits, expect_error, fault_at,
                                 listed, page_faults)
from ringstep.grading.harness import test

# ---- 2.1 ----


def usable_ranges(run):
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


def frames_taken(run):
    """The frames that were handed out in the first round, and in the second."""
    rounds = run.values("taken", 2)
    frames = run.values("frame", sum(rounds))
    run.expect(all(rounds), "frames to be handed out in both rounds",
               f"there were {rounds[0]} and then {rounds[1]}")
    return frames[:rounds[0]], frames[rounds[0]:]


def handed_out(run, frame):
    """That a frame was handed out, and what is special about it."""
    ends = run.values("region end")
    where = "" if frame not in ends else \
        f": it is the end of memory_regions[{ends.index(frame)}], the first byte behind that region"
    return f"frame {frame:#x} was handed out{where}"


@test("2.1", FRAMES, "frame_alloc")
def frames_are_usable(run):
    """Every frame handed out is whole, and memory that the firmware calls usable."""
    ranges = usable_ranges(run)
    for frame in chain(*frames_taken(run)):
        run.expect(frame % PAGE == 0, "frames to start at multiples of 4096", f"one is {frame:#x}")
        run.expect(any(start <= frame and frame + PAGE <= end for start, end in ranges),
                   "only memory that the firmware calls usable", handed_out(run, frame))
        run.expect(frame >= 0x100000, "nothing below 1 MiB", handed_out(run, frame))


@test("2.1", FRAMES, "frame_alloc")
def frames_are_free(run):
    """No frame handed out belongs to the kernel's image or its page tables."""
    used = set(chain(*frames_taken(run)))
    load = run.constant("KERNEL_LOAD_ADDRESS")
    image = range(load, load + run.symbol("kernel_end") - run.constant("KERNEL_BASE"), PAGE)
    root, = run.u64s(run.symbol("kernel_page_table"), 1)
    tables = {entry & ADDRESS for page in run.pages(root, 256) for entry in page.entries[:2]}
    for frame in (*image, root, *tables):
        run.expect(frame not in used, "the kernel's own memory to stay the kernel's",
                   handed_out(run, frame))


@test("2.1", FRAMES, "frame_alloc")
def no_frame_twice(run):
    """No frame is handed out while somebody has it."""
    for part in frames_taken(run):
        seen = set()
        for frame in part:
            run.expect(frame not in seen, "each frame to be handed out once",
                       f"{frame:#x} came twice")
            seen.add(frame)


@test("2.1", FRAMES, "frame_alloc")
def frames_are_zeroed(run):
    """A frame is filled with zeroes, also when somebody has used it before."""
    for dirty, when in zip(run.values("not zeroed", 2), ("the first time", "the second time")):
        run.expect(dirty == 0, "all frames to be zeroes", f"{dirty} were not, {when} round")


@test("2.1", FRAMES, "frame_alloc")
def all_memory_is_handed_out(run):
    """All usable frames can be had, and had again after they were given back."""
    usable = run.value("usable")
    for taken, when in zip(run.values("taken", 2), ("first", "second")):
        run.expect(taken == usable, f"{usable} frames in the {when} round", f"there were {taken}")


@test("2.1", FRAMES_LARGE, "frame_alloc")
def large_memory_is_handed_out(run):
    """With 32 MiB, too, all usable frames can be had, up to the highest, each once."""
    usable = run.value("usable")
    run.equal("frames from a machine with 32 MiB:", run.value("taken"), usable, "{}")
    ends = run.values("region end")
    run.expect(ends, "memory regions", "the test kernel has reported none")
    run.equal("the highest of them at", run.value("highest"), max(ends) - PAGE)
    run.equal("frames handed out twice:", run.value("twice"), 0, "{}")
    run.equal("with all taken a count of", run.value("free when exhausted"), 0, "{}")


@test("2.1", FRAMES, "frame_alloc")
def exhaustion_is_an_error(run):
    """When no frame is left FRAME_NONE comes back, and a frame given back can be had."""
    for frame in run.values("one more", 4):
        run.expect(frame == 0, "FRAME_NONE when all are taken", f"{frame:#x} came back")
    run.equal("after one frame came back, that one:", run.value("taken again"),
              run.value("came back"))


@test("2.1", FRAMES, "frame_free_count")
def frames_are_counted(run):
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


# ---- 2.2 ----

def entry_words(run, entry):
    """A pointer to an entry as a table's physical address and an index."""
    offset = entry - run.constant("PHYSICAL_MAP_BASE")
    if not entry:
        return "NULL"
    if entry % 8 or not 0 <= offset < run.constant("PHYSICAL_MAP_MAX"):
        return f"{entry:#x}, which points into no table"
    return f"entry {offset % PAGE // 8} of the table at {offset - offset % PAGE:#x}"


@test("2.2", WALK, "page_table_walk")
def walk_finds_entries(run):
    """The walk ends at the right entry on each level, and at NULL where there is none."""
    for walk in run.groups("walk from", 56):
        create = "true" if walk["create"] else "false"
        call = (f"page_table_walk({walk['walk from']:#x}, {walk['address']:#x}, "
                f"{walk['level']}, {create})")
        run.expect(walk["entry"] == walk["expected entry"],
                   f"{call} to give {entry_words(run, walk['expected entry'])}",
                   f"it gives {entry_words(run, walk['entry'])}")
    for entry in run.values("large page intact", 4):
        run.equal("the large page's entry untouched:", entry & ~0x60, 0x200000 | P | 0x80)


@test("2.2", WALK, "page_table_walk")
def walk_makes_tables(run):
    """Tables that the walk makes are where the processor looks for them, and open to ring 3."""
    root = run.value("created root")
    pages = {page.virtual: page for page in run.pages(root)}
    wanted = run.values("created page", 7)
    for number, address in enumerate(wanted):
        page = pages.get(address)
        run.expect(page is not None and page.size == PAGE, f"{address:#x} to be mapped",
                   "the walk from the PML4 does not get there")
        run.equal(f"the frame of {address:#x} to be", page.physical, 0x100000 + number * PAGE)
        run.expect(page.user, f"ring 3 to be let through on all levels to {address:#x}",
                   f"the U bits from level 4 down are {bits(page.entries, U)}")
        run.expect(all(e & W for e in page.entries[:3]), f"the tables above {address:#x} writable",
                   f"the W bits from level 4 down are {bits(page.entries, W)}")
        run.expect(not any(e & NX for e in page.entries[:3]),
                   f"execution not forbidden above {address:#x}", "a table's entry has NX")
    run.expect(
        len(pages) == len(wanted), f"{len(wanted)} pages and no other",
        f"{len(pages)} are mapped")
    for found in run.values("found again", 7):
        run.expect(found, "the same entry when the walk comes again", "it gives another one")
    run.equal("frames used when all tables are there:",
              run.value("frames used for what is there"), 0, "{}")


@test("2.2", WALK, "page_table_walk")
def walk_makes_tables_down_to_a_level(run):
    """A walk with create stops at any level, and makes the tables above."""
    address = run.constant("USER_STACK_TOP") - PAGE
    index = lambda level: address >> 12 + 9 * (level - 1) & 511
    for seen in run.groups("new tree", 4):
        table, level = seen["new tree"], seen["stop at level"]
        call = f"page_table_walk({table:#x}, {address:#x}, {level}, true), with no table there yet,"
        run.expect(seen["entry there"], f"{call} to give an entry", "it gives NULL")
        for above in range(4, level, -1):
            entry = run.memory.u64(table + 8 * index(above))
            run.expect(
                entry & (P | W | U) == P | W | U,
                f"after {call} a table below entry {index(above)} "
                f"at level {above}: P, W and U set", f"that entry is {entry:#x}")
            table = entry & ADDRESS
        expected = run.constant("PHYSICAL_MAP_BASE") + table + 8 * index(level)
        run.expect(seen["entry there"] == expected, f"{call} to give {entry_words(run, expected)}",
                   f"it gives {entry_words(run, seen['entry there'])}")
        run.equal(f"tables made by {call} to be", seen["tables made"], 4 - level, "{}")


@test("2.2", WALK, "page_table_walk")
def walk_keeps_ring_3_out(run):
    """Tables made for the kernel half have no U bit."""
    pages = run.pages(run.value("kernel-like root"))
    run.expect(len(pages) == 1, "one page in the kernel half", f"{len(pages)}")
    run.expect(not any(entry & U for entry in pages[0].entries), "no U bit on any level",
               f"the U bits from level 4 down are {bits(pages[0].entries, U)}")


@test("2.2", WALK, "page_table_walk")
def walk_without_memory(run):
    """When no frame is left for a table the walk gives NULL; with enough it does not."""
    for left, entry in zip(run.values("frames left", 4), run.values("entry without memory", 4)):
        run.expect((entry != 0) == (left >= 3), f"{'an entry' if left >= 3 else 'NULL'} "
                   f"with {left} frames left", f"the walk gives {entry:#x}")


# ---- 2.3 ----

@test("2.3", MAP, "page_map")
def pages_are_mapped(run):
    """Each page is mapped to its frame with its permissions, and nothing else is."""
    root, gone = run.value("root"), run.value("unmapped")
    pages = {page.virtual: page for page in run.pages(root, 0, 255)}
    pages.update({page.virtual: page for page in run.pages(root, 256, 256)
                  if page.virtual < run.constant("KERNEL_BASE")})
    for want in run.groups("map page", 6):
        address, page = want["map page"], pages.pop(want["map page"], None)
        if address >> 63:                       # page_map() was given another page table
            continue
        expect_error(run, f"page_map({address:#x})", want["map result"], 0)
        expect_error(run, f"page_map({address:#x}) a second time", want["map again"], EEXIST)
        if address == gone:
            run.expect(page is None, f"{address:#x} unmapped after page_unmap()",
                       "it still is mapped")
            continue
        run.expect(page is not None, f"{address:#x} mapped",
                   "the walk from the PML4 does not get there")
        run.equal(f"the frame of {address:#x} to be", page.physical, want["map frame"])
        expected = want["map flags"]
        is_ = (W if page.writable else 0) | (U if page.user else 0) | (0 if page.executable else NX)
        run.equal(f"{address:#x} to have the permissions", is_, expected)
    others = [address for address in pages if address >> 63 == 0]
    run.expect(not others, "no other page mapped", f"mapped: {listed(others)}")


@test("2.3", MAP, "page_map")
def bad_addresses_are_refused(run):
    """Unaligned and non-canonical addresses are refused, and cost no frame."""
    for address, result in zip(run.values("refused address", 6), run.values("refused map", 6)):
        expect_error(run, f"page_map({address:#x}, …)", result, EINVAL)
    for address, result in zip(run.values("refused unmap of", 5), run.values("refused unmap", 5)):
        expect_error(run, f"page_unmap({address:#x}, …)", result, EINVAL)
    for result in run.values("unmap of nothing", 2):
        expect_error(run, "page_unmap() of a page that is not mapped", result, ENOENT)
    run.equal("frames used by what was refused:", run.value("frames used by refusals"), 0, "{}")


@test("2.3", MAP, "page_map")
def large_pages_are_mappings(run):
    """What a large page covers is mapped: page_map gives -EEXIST there and changes nothing."""
    expect_error(
        run,
        f"page_map({run.constant('PHYSICAL_MAP_BASE'):#x}), where a page of 2 MiB is mapped,",
        run.value("large map"), EEXIST)
    expect_error(
        run,
        f"page_map({run.constant('USER_PROGRAM_BASE'):#x}), where a page of 1 GiB is mapped,",
        run.value("huge map"), EEXIST)
    run.expect(run.value("huge unmap"),
               "page_unmap() of a page within 1 GiB that is mapped as one to be refused",
               "it gives 0")
    run.expect(run.value("huge page intact"), "the entry of the 1 GiB page untouched",
               "it was changed")
    run.equal("frames used at large pages:", run.value("frames used at large pages"), 0, "{}")


@test("2.3", MAP, "page_map")
def map_without_memory(run):
    """Without a frame for a table page_map gives -ENOMEM."""
    for result in run.values("map without memory", 3):
        expect_error(run, "page_map() with too few frames", result, ENOMEM)


@test("2.3", MAP, "page_unmap")
def unmapping_is_seen_at_once(run):
    """After page_unmap the processor faults, and after another page_map it sees the new frame."""
    for result in run.values("use map", 4) + run.values("use unmap", 4):
        expect_error(run, "page_map() or page_unmap()", result, 0)
    for seen, half in zip(run.groups("first value", 2), ("kernel", "user")):
        run.equal(f"the value in the first frame, mapped in the {half} half,",
                  seen["first value"], 0x1111)
        run.expect(seen["unmapped the right frame"],
                   "page_unmap() to store the frame that was mapped", "it stores another")
        run.expect(not seen["readable after unmap"],
                   f"a page fault after page_unmap() in the {half} half",
                   "the page can still be read: the TLB still knows it (invlpg)")
        run.equal(f"the value in the second frame, mapped in the {half} half,",
                  seen["second value"], 0x2222)
    run.expect(
        len(page_faults(run)) >= 2, f"{run.emulator} to record two #PF",
        f"it has seen {len(page_faults(run))}")
    run.equal("page_unmap() to store the frame", run.value("unmapped frame"),
              run.groups("map page", 6)[2]["map frame"])


@test("2.3", MAIN, "page_map")
def two_mappings_of_one_frame(run):
    """What is written through one mapping is read through another, and then unmapped."""
    address = run.constant("KERNEL_STACK_BASE") + run.constant("KERNEL_STACK_AREA") - PAGE
    run.expect('"written through one mapping", read through another' in run.text,
               'the line "written through one mapping…"', run.stopped())
    run.expect(fault_at(run, address), f"a #PF at {address:#x} after page_unmap()",
               "there was none")
