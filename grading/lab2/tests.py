"""What lab 2's kernel must have done. See tools/ringstep/harness.py."""

import re

from ringstep.harness import Boot, signed, test

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


@test("2.1", FRAMES, "frame_alloc")
def frames_are_usable(run):
    """Every frame handed out is whole, and memory that the firmware calls usable."""
    ranges = usable_ranges(run)
    for frame in run.values("frame"):
        run.expect(frame % PAGE == 0, "frames to start at multiples of 4096", f"one is {frame:#x}")
        run.expect(any(start <= frame and frame + PAGE <= end for start, end in ranges),
                   "only memory that the firmware calls usable", f"{frame:#x} was handed out")
        run.expect(frame >= 0x100000, "nothing below 1 MiB", f"{frame:#x} was handed out")


@test("2.1", FRAMES, "frame_alloc")
def frames_are_free(run):
    """No frame handed out belongs to the kernel's image or its page tables."""
    used = set(run.values("frame"))
    load = run.constant("KERNEL_LOAD_ADDRESS")
    image = range(load, load + run.symbol("kernel_end") - run.constant("KERNEL_BASE"), PAGE)
    root, = run.u64s(run.symbol("kernel_page_table"), 1)
    tables = {entry & ADDRESS for page in run.pages(root, 256) for entry in page.entries[:2]}
    for frame in (*image, root, *tables):
        run.expect(frame not in used, f"the kernel's own memory to stay the kernel's",
                   f"frame {frame:#x} was handed out")


@test("2.1", FRAMES, "frame_alloc")
def no_frame_twice(run):
    """No frame is handed out while somebody has it."""
    rounds, frames = run.values("taken")[:2], run.values("frame")
    run.expect(sum(rounds) == len(frames), f"{sum(rounds)} frames in two rounds", f"{len(frames)}")
    for part in (frames[:rounds[0]], frames[rounds[0]:]):
        seen = set()
        for frame in part:
            run.expect(frame not in seen, "each frame to be handed out once", f"{frame:#x} came twice")
            seen.add(frame)


@test("2.1", FRAMES, "frame_alloc")
def frames_are_zeroed(run):
    """A frame is filled with zeroes, also when somebody has used it before."""
    for dirty, when in zip(run.values("not zeroed"), ("the first time", "the second time")):
        run.expect(dirty == 0, "all frames to be zeroes", f"{dirty} were not, {when} round")


@test("2.1", FRAMES, "frame_alloc")
def all_memory_is_handed_out(run):
    """All usable frames can be had, and had again after they were given back."""
    usable = run.value("usable")
    for taken, when in zip(run.values("taken"), ("first", "second")):
        run.expect(taken == usable, f"{usable} frames in the {when} round", f"there were {taken}")


@test("2.1", FRAMES, "frame_alloc")
def exhaustion_is_an_error(run):
    """When no frame is left FRAME_NONE comes back, and a frame given back can be had."""
    for frame in run.values("one more"):
        run.expect(frame == 0, "FRAME_NONE when all are taken", f"{frame:#x} came back")
    run.equal("after one frame came back, that one:", run.value("taken again"), run.value("came back"))


@test("2.1", FRAMES, "frame_free_count")
def frames_are_counted(run):
    """frame_free_count is right before, in between and when all are taken."""
    usable = run.value("usable")
    run.equal("at first a count of", run.value("free at first"), usable, "{}")
    for free in run.values("free when exhausted"):
        run.equal("with all taken a count of", free, 0, "{}")
    run.equal("with all given back a count of", run.value("free after all came back"), usable, "{}")
    run.equal("with one given back a count of", run.value("free after one came back"), 1, "{}")


# ---- 2.2 ----

@test("2.2", WALK, "page_table_walk")
def walk_finds_entries(run):
    """The walk ends at the right entry on each level, and at NULL where there is none."""
    pairs = list(zip(run.values("expected entry"), run.values("entry")))
    run.expect(len(pairs) == 40, "40 walks", f"{len(pairs)}")
    for expected, entry in pairs:
        run.expect(entry == expected, f"the walk to end at {expected:#x}" if expected else "NULL",
                   f"it gives {entry:#x}")
    for entry in run.values("large page intact"):
        run.equal("the large page's entry untouched:", entry & ~0x60, 0x200000 | P | 0x80)


@test("2.2", WALK, "page_table_walk")
def walk_makes_tables(run):
    """Tables that the walk makes are where the processor looks for them, and open to ring 3."""
    root = run.value("created root")
    pages = {page.virtual: page for page in run.pages(root)}
    wanted = run.values("created page")
    for number, address in enumerate(wanted):
        page = pages.get(address)
        run.expect(page is not None and page.size == PAGE, f"{address:#x} to be mapped",
                   "the walk from the PML4 does not get there")
        run.equal(f"the frame of {address:#x} to be", page.physical, 0x100000 + number * PAGE)
        run.expect(page.user, f"ring 3 to be let through on all levels to {address:#x}",
                   f"the U bits from level 4 down are {[entry >> 2 & 1 for entry in page.entries]}")
        run.expect(all(e & W for e in page.entries[:3]), f"the tables above {address:#x} writable",
                   f"the W bits from level 4 down are {[entry >> 1 & 1 for entry in page.entries]}")
        run.expect(not any(e & NX for e in page.entries[:3]), f"execution not forbidden above {address:#x}",
                   "a table's entry has NX")
    run.expect(len(pages) == len(wanted), f"{len(wanted)} pages and no other", f"{len(pages)} are mapped")
    for found in run.values("found again"):
        run.expect(found, "the same entry when the walk comes again", "it gives another one")
    run.equal("frames used when all tables are there:", run.value("frames used for what is there"), 0, "{}")


@test("2.2", WALK, "page_table_walk")
def walk_keeps_ring_3_out(run):
    """Tables made for the kernel half have no U bit."""
    pages = run.pages(run.value("kernel-like root"))
    run.expect(len(pages) == 1, "one page in the kernel half", f"{len(pages)}")
    run.expect(not any(entry & U for entry in pages[0].entries), "no U bit on any level",
               f"the U bits from level 4 down are {[entry >> 2 & 1 for entry in pages[0].entries]}")


@test("2.2", WALK, "page_table_walk")
def walk_without_memory(run):
    """When no frame is left for a table the walk gives NULL; with enough it does not."""
    for left, entry in zip(run.values("frames left"), run.values("entry without memory")):
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
    wanted = run.groups("map page")
    for want in wanted:
        address, page = want["map page"], pages.pop(want["map page"], None)
        if address >> 63:                       # page_map() was given another page table
            continue
        expect_error(run, f"page_map({address:#x})", want["map result"], 0)
        expect_error(run, f"page_map({address:#x}) a second time", want["map again"], EEXIST)
        if address == gone:
            run.expect(page is None, f"{address:#x} unmapped after page_unmap()", "it still is mapped")
            continue
        run.expect(page is not None, f"{address:#x} mapped", "the walk from the PML4 does not get there")
        run.equal(f"the frame of {address:#x} to be", page.physical, want["map frame"])
        expected = want["map flags"]
        is_ = (W if page.writable else 0) | (U if page.user else 0) | (0 if page.executable else NX)
        run.equal(f"{address:#x} to have the permissions", is_, expected)
    run.expect(not [v for v in pages if v >> 63 == 0], "no other page", f"{[hex(v) for v in pages]}")


@test("2.3", MAP, "page_map")
def bad_addresses_are_refused(run):
    """Unaligned and non-canonical addresses are refused, and cost no frame."""
    for address, result in zip(run.values("refused address"), run.values("refused map")):
        expect_error(run, f"page_map({address:#x}, …)", result, EINVAL)
    expect_error(run, "page_unmap(0x1001)", run.value("unaligned unmap"), EINVAL)
    for result in run.values("unmap of nothing"):
        expect_error(run, "page_unmap() of a page that is not mapped", result, ENOENT)
    run.equal("frames used by what was refused:", run.value("frames used by refusals"), 0, "{}")


@test("2.3", MAP, "page_map")
def map_without_memory(run):
    """Without a frame for a table page_map gives -ENOMEM."""
    for result in run.values("map without memory"):
        expect_error(run, "page_map() with too few frames", result, ENOMEM)


@test("2.3", MAP, "page_unmap")
def unmapping_is_seen_at_once(run):
    """After page_unmap the processor faults, and after another page_map it sees the new frame."""
    for result in run.values("use map") + run.values("use unmap"):
        expect_error(run, "page_map() or page_unmap()", result, 0)
    run.equal("the value in the first frame", run.value("first value"), 0x1111)
    run.expect(run.value("unmapped the right frame"), "page_unmap() to store the frame that was mapped",
               "it stores another")
    run.expect(not run.value("readable after unmap"), "a page fault after page_unmap()",
               "the page can still be read: the TLB still knows it (invlpg)")
    run.expect(page_faults(run), f"{run.emulator} to record a #PF", "it has seen none")
    run.equal("the value in the second frame", run.value("second value"), 0x2222)
    run.equal("page_unmap() to store the frame", run.value("unmapped frame"),
              run.groups("map page")[2]["map frame"])


@test("2.3", MAIN, "page_map")
def two_mappings_of_one_frame(run):
    """What is written through one mapping is read through another, and then unmapped."""
    address = run.constant("KERNEL_STACK_BASE") + run.constant("KERNEL_STACK_AREA") - PAGE
    run.expect('"written through one mapping", read through another' in run.text,
               'the line "written through one mapping…"', run.stopped())
    run.expect(any(e.cr2 in (address, None) for e in page_faults(run)),
               f"a #PF at {address:#x} after page_unmap()", "there was none")


# ---- 2.4 ----

@test("2.4", SPACES, "create_user_page_table")
def kernel_half_is_shared(run):
    """Both page tables have the kernel's entries 256 to 511, and they lead to the same tables."""
    read = run.memory.read
    kernel = read(run.value("kernel root") + PAGE // 2, PAGE // 2)
    for name in ("a", "b"):
        run.expect(read(run.value(name) + PAGE // 2, PAGE // 2) == kernel,
                   "entries 256-511 as in the kernel's PML4", f"those of {run.value(name):#x} differ")
    run.equal("a mapping made later to be seen in every page table: the value",
              run.value("late mapping seen in b"), 0x4242)


@test("2.4", SPACES, "create_user_page_table")
def user_halves_are_disjoint(run):
    """No table and no page of one user half is reachable from the other."""
    frames = {}
    for name, count in (("a", 6), ("b", 3)):
        pages = run.pages(run.value(name), 0, 255)
        run.expect(len(pages) == count, f"{count} pages in the user half of {name}", f"{len(pages)}")
        frames[name] = {e & ADDRESS for page in pages for e in page.entries} | {run.value(name)}
    common = frames["a"] & frames["b"]
    run.expect(not common, "nothing in common", f"both lead to the frames {[hex(f) for f in common]}")


@test("2.4", SPACES, "create_user_page_table")
def kernel_half_is_closed(run):
    """Nothing in the kernel half is open to ring 3, and nothing is writable and executable."""
    for page in run.pages(run.value("a"), 256):
        run.expect(not any(entry & U for entry in page.entries), "no U bit in the kernel half", flags(page))
        run.expect(not (page.writable and page.executable), "no page writable and executable", flags(page))


@test("2.4", SPACES, "create_user_page_table")
def page_table_in_use(run):
    """With a process's page table in CR3 the kernel runs on."""
    run.equal("CR3", run.value("cr3"), run.value("a"))
    for result in run.values("create"):
        expect_error(run, "create_user_page_table()", result, 0)
    expect_error(run, "create_user_page_table() without memory", run.value("create without memory"), ENOMEM)


@test("2.4", SPACES, "destroy_user_page_table")
def all_frames_come_back(run):
    """destroy_user_page_table frees the pages, the tables and the PML4, and nothing of others."""
    for lost in run.values("lost by create and destroy"):
        run.expect(lost == 0, "as many free frames as before", f"{signed(lost)} are missing")
    run.ended_well()


# ---- 2.5 ----

def in_guard(run, event, guard):
    return event.cr2 is not None and guard <= event.cr2 < guard + PAGE


@test("2.5", STACKS, "allocate_kernel_stack")
def kernel_stacks(run):
    """Kernel stacks have 16 KiB, an unmapped page below, and lie in their area."""
    size, base = run.constant("KERNEL_STACK_SIZE"), run.constant("KERNEL_STACK_BASE")
    end = base + run.constant("KERNEL_STACK_AREA")
    for result in run.values("allocate"):
        expect_error(run, "allocate_kernel_stack()", result, 0)
    mapped = {page.virtual: page for page in run.pages(run.value("kernel root"), 256, 256)
              if page.virtual < end}
    tops = run.values("kernel stack")
    run.expect(len(set(tops)) == 5, "five different stacks", f"{[hex(top) for top in tops]}")
    everything = set(mapped)
    for top in tops:
        run.expect(top - size - PAGE not in everything, f"a guard page below the stack at {top - size:#x}",
                   f"{top - size - PAGE:#x} is mapped")
        run.expect(base < top <= end and top % 16 == 0,
                   "a 16-byte aligned top in the area of the kernel stacks", f"{top:#x}")
        for address in range(top - size, top, PAGE):
            page = mapped.pop(address, None)
            run.expect(page is not None, f"all 16 KiB below {top:#x} mapped", f"{address:#x} is not")
            run.expect(page.writable and not page.executable and not any(e & U for e in page.entries),
                       "a stack page that is writable, not executable, and without a U bit", flags(page))
    run.expect(not mapped, "nothing mapped in the area but the stacks: guard pages between them",
               f"{[hex(v) for v in sorted(mapped)]} are mapped")


@test("2.5", STACKS, "allocate_kernel_stack")
def stacks_have_their_own_frames(run):
    """No two stacks share memory."""
    for kept in run.values("stack content kept"):
        run.expect(kept, "what was written to a stack to stay there", "another stack has overwritten it")
    frames = [page.physical for page in run.pages(run.value("root"), 0, 255)]
    frames += [page.physical for page in run.pages(run.value("kernel root"), 256, 256)
               if page.virtual < run.constant("KERNEL_BASE")]
    run.expect(len(set(frames)) == len(frames), "a frame of its own for each page", "two pages share one")


@test("2.5", STACKS, "free_kernel_stack")
def kernel_stack_is_freed(run):
    """free_kernel_stack unmaps the stack and frees its four frames."""
    run.equal("frames freed:", run.value("freed by a stack"), 4, "{}")
    run.expect(not run.value("readable after free"), "a page fault in a freed stack", "it can still be read")


@test("2.5", STACKS, "allocate_user_stack")
def user_stack(run):
    """The user stack is 64 KiB below USER_STACK_TOP, with an unmapped page below and above."""
    top, size = run.constant("USER_STACK_TOP"), run.constant("USER_STACK_SIZE")
    expect_error(run, "allocate_user_stack()", run.value("allocate user"), 0)
    run.equal("the top", run.value("user stack"), top)
    pages = {page.virtual: page for page in run.pages(run.value("root"), 0, 255)}
    for address in range(top - size, top, PAGE):
        page = pages.pop(address, None)
        run.expect(page is not None, f"all 64 KiB below {top:#x} mapped", f"{address:#x} is not")
        run.expect(page.writable and not page.executable and page.user,
                   "a stack page that is writable, not executable, and ring 3's", flags(page))
    run.expect(not pages, "nothing else mapped: a guard page below, none above",
               f"{[hex(v) for v in sorted(pages)]} are mapped")
    run.equal("zeroes at the top of the stack:", run.value("user stack not zero"), 0)


@test("2.5", STACKS, "allocate_kernel_stack")
def guard_pages_fault(run):
    """Touching the page below a stack, and the one above the user stack, is a page fault."""
    for readable in run.values("guard readable"):
        run.expect(not readable, "a page fault in a guard page", "it can be read")
    run.expect(len(page_faults(run)) >= 4, f"{run.emulator} to record four page faults",
               f"it has seen {len(page_faults(run))}")


@test("2.5", STACKS, "allocate_kernel_stack")
def stacks_without_memory(run):
    """When memory runs out halfway nothing stays mapped and no frame is lost."""
    for result in run.values("kernel stack with too few frames"):
        expect_error(run, "allocate_kernel_stack() with too few frames", result, ENOMEM)
    for left, free in zip(run.values("frames left"), run.values("frames free after failure")):
        run.expect(left == free, f"{left} free frames after a failure, as before", f"{free} are free")
    for result in run.values("user stack with too few frames"):
        expect_error(run, "allocate_user_stack() with too few frames", result, ENOMEM)
    for mapped in run.values("user pages mapped after failure"):
        run.expect(mapped == 0, "no page of the stack mapped after a failure", f"{mapped} are")
    run.equal("frames lost by failures:", signed(run.value("lost by failures")), 0, "{}")


@test("2.5", MAIN, "allocate_kernel_stack")
def guard_page_message(run):
    """The kernel says that a guard page was touched."""
    for line in (r"#PF in the guard page of kernel stack \d+:", r"#PF in the guard page of the user stack:"):
        run.expect(re.search(line, run.text), f'the line "{line[:-1]}…"', run.stopped())


# ---- 2.6 ----

@test("2.6", MAIN, "create_process")
def basic_process_creation(run):
    """create_process gives a PID above 0, and a guard page of PID 1 is one."""
    run.expect("#PF in the guard page of PID 1" in run.text,
               'the line "#PF in the guard page of PID 1…"', run.stopped())
    guard = run.constant("USER_STACK_TOP") - run.constant("USER_STACK_SIZE") - PAGE
    run.expect(any(in_guard(run, event, guard) or event.cr2 is None for event in page_faults(run)),
               f"a #PF in the page {guard:#x}", "there was none")
    run.ended_well()


@test("2.6", PROCESSES, "create_process")
def pids_count_up(run):
    """The first PID is 1, and a failure uses none up."""
    run.equal("the first PID", signed(run.value("first pid")), 1, "{}")
    last = run.values("pid")
    run.expect(last and last[0] == 322, "PID 322 after 321 processes and many failures",
               f"{last[0] if last else 'none'}")
    run.expect(len(set(last)) == 3, "three different PIDs", f"{last}")


@test("2.6", PROCESSES, "create_process")
def register_state(run):
    """A new process would start in ring 3 at its entry point, on its own stack."""
    for number, seen in enumerate(run.groups("in the table")):
        run.expect(seen["in the table"], "the process in the process table", "it is not there")
        run.equal("RIP", seen["rip"], run.constant("USER_PROGRAM_BASE") + 0x1000 * number)
        run.equal("RSP", seen["rsp"], run.constant("USER_STACK_TOP") - 64)
        run.equal("CS", seen["cs"], 0x1B)
        run.equal("SS", seen["ss"], 0x23)
        run.equal("RFLAGS (IF set, IOPL 0, bit 1 always 1)", seen["rflags"], 0x202)
        run.equal("the state NEW,", seen["state"], 0, "{}")


@test("2.6", PROCESSES, "create_process")
def processes_are_isolated(run):
    """Two processes have the same kernel half and disjoint user halves, each with its stack."""
    kernel, user = [], []
    groups = run.groups("in the table")
    run.expect(len(groups) == 3, "three processes", f"{len(groups)}")
    for seen in groups:
        root = seen["page table"]
        kernel.append(run.memory.read(root + PAGE // 2, PAGE // 2))
        pages = run.pages(root, 0, 255)
        run.expect(len(pages) == 16 and pages[-1].end == run.constant("USER_STACK_TOP"),
                   "the user stack and nothing else", f"{len(pages)} pages are mapped")
        user.append({e & ADDRESS for page in pages for e in page.entries} | {root})
    run.expect(kernel[0] == kernel[1] == kernel[2], "the same kernel half", "they differ")
    run.expect(not (user[0] & user[1] or user[0] & user[2] or user[1] & user[2]),
               "disjoint user halves", "they share a frame")
    run.expect(len({seen["kernel stack"] for seen in groups}) == 3, "a kernel stack each", "two share one")


@test("2.6", PROCESSES, "create_process")
def failures_are_undone(run):
    """Whichever step of create_process runs out of memory, the earlier ones are undone."""
    for result, left, free in zip(run.values("create with too few frames"),
                                  run.values("frames left"), run.values("frames free after failure")):
        expect_error(run, f"create_process() with {left} frames", result, ENOMEM)
        run.expect(left == free, f"{left} free frames after the failure, as before", f"{free} are free")
    run.expect(run.value("table empty after failures"), "an empty process table", "it is not")
    run.equal("frames lost by failures:", signed(run.value("lost by failures")), 0, "{}")


@test("2.6", PROCESSES, "destroy_process")
def cycles_lose_nothing(run):
    """Creating and destroying until memory was used many times over loses no frame."""
    run.expect(not run.values("failed in cycle"), "every cycle to succeed",
               f"cycle {run.values('failed in cycle')} did not")
    run.equal("frames lost by one process:", signed(run.value("lost by one")), 0, "{}")
    run.equal("frames lost by 320 processes:", signed(run.value("lost by cycles")), 0, "{}")
    used = 320 * run.value("frames for one")
    run.expect(used > 2 * run.value("usable"), "memory used more than twice", f"{used} frames")


@test("2.6", PROCESSES, "create_process")
def bad_requests_are_refused(run):
    """Entry points outside of the programs' range and unknown PIDs are refused."""
    expect_error(run, "create_process(KERNEL_BASE)", run.value("entry in the kernel half"), EINVAL)
    expect_error(run, "create_process(USER_PROGRAM_END)", run.value("entry behind the programs"), EINVAL)
    expect_error(run, "destroy_process(999999)", run.value("destroy of nobody"), ESRCH)
    run.equal("frames lost by refusals:", signed(run.value("lost by refusals")), 0, "{}")


@test("2.6", PROCESSES, "destroy_process")
def others_survive(run):
    """Destroying one process leaves the others alone."""
    expect_error(run, "destroy_process()", run.value("destroy the middle one"), 0)
    run.expect(not run.value("middle one found"), "a destroyed process not to be found", "it is found")
