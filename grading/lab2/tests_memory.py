"""What lab 2's kernel must have done with page tables (2.2, 2.3)."""
from grading.lab2.shared import (HALF, MAIN, MAP, PAGE, WALK, bits, expect_error, fault_at, listed,
                                 page_faults)
from ringstep.grading.harness import Run, test
from ringstep.kernel.paging import ADDRESS, NX, P, U, W

ACCESSED_DIRTY = 0x60           # the processor's own
IGNORED = 0xE00                 # bits 9 to 11
LEVELS = (4, 3, 2, 1)


# ---- 2.2 ----

def entry_words(run: Run, entry: int) -> str:
    """A pointer to an entry as a table's physical address and an index."""
    offset = entry - run.constant("PHYSICAL_MAP_BASE")
    if not entry:
        return "NULL"
    if entry % 8 or not 0 <= offset < run.constant("PHYSICAL_MAP_MAX"):
        return f"{entry:#x}, which points into no table"
    return f"entry {offset % PAGE // 8} of the table at {offset - offset % PAGE:#x}"


@test("2.2", WALK, "page_table_walk")
def walk_finds_entries(run: Run) -> None:
    """The walk ends at the right entry on each level, and at NULL where there is none."""
    for walk in run.groups("walk from", 60):
        create = "true" if walk["create"] else "false"
        call = (f"page_table_walk({walk['walk from']:#x}, {walk['address']:#x}, "
                f"{walk['level']}, {create})")
        run.expect(walk["entry"] == walk["expected entry"],
                   f"{call} to give {entry_words(run, walk['expected entry'])}",
                   f"it gives {entry_words(run, walk['entry'])}")
    for entry, put in zip(run.values("large page intact", 4), run.values("large page", 4)):
        run.equal("the large page's entry untouched:", entry & ~ACCESSED_DIRTY, put)


@test("2.2", WALK, "page_table_walk")
def walk_changes_no_entry(run: Run) -> None:
    """The entries that a walk finds on its way stay as they are, whether it may make tables."""
    for before, after in zip(run.values("entry before", 16), run.values("entry after", 16)):
        run.equal("an entry that was there before the walk to be, after it,", after, before)


@test("2.2", WALK, "page_table_walk")
def walk_makes_tables(run: Run) -> None:
    """Tables that the walk makes are where the processor looks for them, and open to ring 3."""
    root = run.value("created root")
    pages = {page.virtual: page for page in run.pages(root)}
    wanted = run.values("created page", 7)
    for frame, address in zip(run.values("created frame", 7), wanted):
        page = pages.get(address)
        run.expect(page is not None and page.size == PAGE, f"{address:#x} to be mapped",
                   "the walk from the PML4 does not get there")
        run.equal(f"the frame of {address:#x} to be", page.physical, frame)
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
def walk_makes_tables_down_to_a_level(run: Run) -> None:
    """A walk with create stops at any level, and makes the tables above."""
    address = run.constant("USER_STACK_TOP") - PAGE
    index = {level: address >> 12 + 9 * (level - 1) & 511 for level in LEVELS}
    for seen in run.groups("new tree", 4):
        table, level = seen["new tree"], seen["stop at level"]
        call = f"page_table_walk({table:#x}, {address:#x}, {level}, true), with no table there yet,"
        run.expect(seen["entry there"], f"{call} to give an entry", "it gives NULL")
        for above in range(4, level, -1):
            entry = run.memory.u64(table + 8 * index[above])
            run.expect(
                entry & (P | W | U) == P | W | U,
                f"after {call} a table below entry {index[above]} "
                f"at level {above}: P, W and U set", f"that entry is {entry:#x}")
            table = entry & ADDRESS
        expected = run.constant("PHYSICAL_MAP_BASE") + table + 8 * index[level]
        run.expect(seen["entry there"] == expected, f"{call} to give {entry_words(run, expected)}",
                   f"it gives {entry_words(run, seen['entry there'])}")
        run.equal(f"tables made by {call} to be", seen["tables made"], 4 - level, "{}")


@test("2.2", WALK, "page_table_walk")
def walk_keeps_ring_3_out(run: Run) -> None:
    """Tables made for the kernel half have no U bit."""
    pages = run.pages(run.value("kernel-like root"))
    run.expect(len(pages) == 1, "one page in the kernel half", f"{len(pages)}")
    run.expect(not any(entry & U for entry in pages[0].entries), "no U bit on any level",
               f"the U bits from level 4 down are {bits(pages[0].entries, U)}")


@test("2.2", WALK, "page_table_walk")
def walk_without_memory(run: Run) -> None:
    """When no frame is left for a table the walk gives NULL; with enough it does not."""
    for left, entry in zip(run.values("frames left", 4), run.values("entry without memory", 4)):
        run.expect((entry != 0) == (left >= 3), f"{'an entry' if left >= 3 else 'NULL'} "
                   f"with {left} frames left", f"the walk gives {entry:#x}")


# ---- 2.3 ----

@test("2.3", MAP, "page_map")
def pages_are_mapped(run: Run) -> None:
    """Each page is mapped to its frame with its permissions, and nothing else is."""
    root, gone = run.value("root"), run.value("unmapped")
    pages = {page.virtual: page for page in run.pages(root, 0, HALF - 1)}
    pages.update({page.virtual: page for page in run.pages(root, HALF, HALF)
                  if page.virtual < run.constant("KERNEL_BASE")})
    for want in run.groups("map page", 7):
        address, page = want["map page"], pages.pop(want["map page"], None)
        if address >> 63:                       # page_map() was given another page table
            continue
        expect_error(run, f"page_map({address:#x})", want["map result"], "0")
        expect_error(run, f"page_map({address:#x}) a second time", want["map again"], "-EEXIST")
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
        others = page.entries[-1] & ~(ACCESSED_DIRTY | IGNORED) & ~(ADDRESS | P | W | U | NX)
        run.equal(f"no bit of the entry of {address:#x} set that nobody asked for:", others, 0)
    unasked = [address for address in pages if address >> 63 == 0]
    run.expect(not unasked, "no other page mapped", f"mapped: {listed(unasked)}")


@test("2.3", MAP, "page_map")
def bad_addresses_are_refused(run: Run) -> None:
    """Unaligned and non-canonical addresses are refused, and cost no frame."""
    for address, result in zip(run.values("refused address", 6), run.values("refused map", 6)):
        expect_error(run, f"page_map({address:#x}, …)", result, "-EINVAL")
    for address, result in zip(run.values("refused unmap of", 5), run.values("refused unmap", 5)):
        expect_error(run, f"page_unmap({address:#x}, …)", result, "-EINVAL")
    for result in run.values("unmap of nothing", 2):
        expect_error(run, "page_unmap() of a page that is not mapped", result, "-ENOENT")
    run.equal("frames used by what was refused:", run.value("frames used by refusals"), 0, "{}")


@test("2.3", MAP, "page_map")
def large_pages_are_mappings(run: Run) -> None:
    """What a large page covers is mapped: page_map gives -EEXIST there and changes nothing."""
    expect_error(
        run,
        f"page_map({run.constant('PHYSICAL_MAP_BASE'):#x}), where a page of 2 MiB is mapped,",
        run.value("large map"), "-EEXIST")
    expect_error(
        run,
        f"page_map({run.constant('USER_PROGRAM_BASE'):#x}), where a page of 1 GiB is mapped,",
        run.value("huge map"), "-EEXIST")
    run.expect(run.value("huge unmap"),
               "page_unmap() of a page within 1 GiB that is mapped as one to be refused",
               "it gives 0")
    run.expect(run.value("huge page intact"), "the entry of the 1 GiB page untouched",
               "it was changed")
    expect_error(run, "page_unmap() of a page within 2 MiB that are mapped as one",
                 run.value("large unmap"), "-ENOENT")
    run.expect(run.value("large page intact"), "the entry of the 2 MiB page untouched",
               "it was changed")
    run.equal("frames used at large pages:", run.value("frames used at large pages"), 0, "{}")


@test("2.3", MAP, "page_map")
def map_without_memory(run: Run) -> None:
    """Without a frame for a table page_map gives -ENOMEM."""
    for result in run.values("map without memory", 3):
        expect_error(run, "page_map() with too few frames", result, "-ENOMEM")


@test("2.3", MAP, "page_unmap")
def unmapping_is_seen_at_once(run: Run) -> None:
    """After page_unmap the processor faults, and after another page_map it sees the new frame."""
    for result in run.values("use map", 4) + run.values("use unmap", 4):
        expect_error(run, "page_map() or page_unmap()", result, "0")
    for seen, half in zip(run.groups("first value", 2), ("kernel", "user")):
        run.equal(f"the value in the first frame, mapped in the {half} half,",
                  seen["first value"], run.value("first written"))
        run.expect(seen["unmapped the right frame"],
                   "page_unmap() to store the frame that was mapped", "it stores another")
        run.expect(not seen["readable after unmap"],
                   f"a page fault after page_unmap() in the {half} half",
                   "the page can still be read: the TLB still knows it (invlpg)")
        run.equal(f"the value in the second frame, mapped in the {half} half,",
                  seen["second value"], run.value("second written"))
    run.expect(
        len(page_faults(run)) >= 2, f"{run.emulator} to record two #PF",
        f"it has seen {len(page_faults(run))}")
    run.equal("page_unmap() to store the frame", run.value("unmapped frame"),
              run.groups("map page", 7)[2]["map frame"])


@test("2.3", MAIN, "page_map")
def two_mappings_of_one_frame(run: Run) -> None:
    """What is written through one mapping is read through another, and then unmapped."""
    address = run.constant("KERNEL_STACK_BASE") + run.constant("KERNEL_STACK_AREA") - PAGE
    run.expect('"written through one mapping", read through another' in run.text,
               'the line "written through one mapping…"', run.stopped())
    run.expect(fault_at(run, address), f"a #PF at {address:#x} after page_unmap()",
               "there was none")
