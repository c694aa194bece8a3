"""What lab 2's kernel must have done with processes and their memory."""
import re

from grading.lab2.shared import (ADDRESS, EAGAIN, EEXIST, EINVAL, ENOMEM, ESRCH, MAIN, P, PAGE,
                                 PROCESSES, SPACES, STACKS, U, error, expect_error, fault_at,
                                 flags, listed, page_faults)
from ringstep.grading.harness import signed, test

# ---- 2.4 ----


@test("2.4", SPACES, "create_user_page_table")
def kernel_half_is_shared(run):
    """Both page tables have the kernel's entries 256 to 511, and they lead to the same tables."""
    for name in ("a", "b"):
        root = run.value(name)
        for index in range(256, 512):
            mine, kernel = (run.memory.u64(table + 8 * index)
                            for table in (root, run.value("kernel root")))
            run.expect(
                mine == kernel,
                f"entry {index} of the PML4 at {root:#x} as in the kernel's PML4: {kernel:#x}",
                f"it is {mine:#x}")
    run.equal("a mapping made later to be seen in every page table: the value",
              run.value("late mapping seen in b"), 0x4242)


@test("2.4", SPACES, "create_user_page_table")
def user_halves_are_disjoint(run):
    """No table and no page of one user half is reachable from the other."""
    frames = {}
    for name, count in (("a", 6), ("b", 3)):
        pages = run.pages(run.value(name), 0, 255)
        run.expect(
            len(pages) == count, f"{count} pages in the user half of {name}", f"{len(pages)}")
        frames[name] = {e & ADDRESS for page in pages for e in page.entries} | {run.value(name)}
    common = frames["a"] & frames["b"]
    run.expect(not common, "nothing in common", f"both lead to {listed(sorted(common))}")


@test("2.4", SPACES, "create_user_page_table")
def kernel_half_is_closed(run):
    """Nothing in the kernel half is open to ring 3, and nothing is writable and executable."""
    pages = run.pages(run.value("a"), 256)
    run.expect(pages, "pages in the kernel half", "there is none")
    for page in pages:
        run.expect(not any(entry & U for entry in page.entries), "no U bit in the kernel half",
                   flags(page))
        run.expect(not (page.writable and page.executable), "no page writable and executable",
                   flags(page))


@test("2.4", SPACES, "create_user_page_table")
def page_table_in_use(run):
    """With a process's page table in CR3 the kernel runs on."""
    run.equal("CR3", run.value("cr3"), run.value("a"))
    for result in run.values("create", 4):
        expect_error(run, "create_user_page_table()", result, 0)
    expect_error(run, "create_user_page_table() without memory",
                 run.value("create without memory"), ENOMEM)


@test("2.4", SPACES, "destroy_user_page_table")
def all_frames_come_back(run):
    """destroy_user_page_table frees the pages, the tables and the PML4, and nothing of others."""
    for result in run.values("far page", 2 * 53):
        expect_error(run, "page_map() in the user half", result, 0)
    for lost in run.values("lost by create and destroy", 2):
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
    for result in run.values("allocate", 6):
        expect_error(run, "allocate_kernel_stack()", result, 0)
    mapped = {page.virtual: page for page in run.pages(run.value("kernel root"), 256, 256)
              if page.virtual < end}
    tops = run.values("kernel stack", 5)
    run.expect(len(set(tops)) == 5, "five different stacks", f"the tops are {listed(tops)}")
    everything = set(mapped)
    for top in tops:
        run.expect(top - size - PAGE not in everything,
                   f"a guard page below the stack at {top - size:#x}",
                   f"{top - size - PAGE:#x} is mapped")
        run.expect(base < top <= end and top % 16 == 0,
                   "a 16-byte aligned top in the area of the kernel stacks", f"{top:#x}")
        slot = (top - size - base) // (size + PAGE) * (size + PAGE) + base
        run.expect(
            top - size == slot + PAGE,
            f"a stack that begins at {slot + PAGE:#x}, since the first page "
            "of its slot is the guard page and stays unmapped", f"it begins at {top - size:#x}")
        for address in range(top - size, top, PAGE):
            page = mapped.pop(address, None)
            run.expect(page is not None, f"all 16 KiB below {top:#x} mapped",
                       f"{address:#x} is not")
            run.expect(
                page.writable and not page.executable and not any(e & U for e in page.entries),
                "a stack page that is writable, not executable, and without a U bit", flags(page))
    run.expect(not mapped, "nothing mapped in the area but the stacks: guard pages between them",
               f"mapped, too: {listed(sorted(mapped))}")


@test("2.5", STACKS, "allocate_kernel_stack")
def stacks_have_their_own_frames(run):
    """No two stacks share memory."""
    for kept in run.values("stack content kept", 4):
        run.expect(kept, "what was written to a stack to stay there",
                   "another stack has overwritten it")
    frames = [page.physical for page in run.pages(run.value("root"), 0, 255)]
    frames += [page.physical for page in run.pages(run.value("kernel root"), 256, 256)
               if page.virtual < run.constant("KERNEL_BASE")]
    run.expect(
        len(set(frames)) == len(frames), "a frame of its own for each page",
        "two pages share one")


@test("2.5", STACKS, "free_kernel_stack")
def kernel_stack_is_freed(run):
    """free_kernel_stack unmaps the stack and frees its four frames."""
    run.equal("frames freed:", run.value("freed by a stack"), 4, "{}")
    run.expect(not run.value("readable after free"), "a page fault in a freed stack",
               "it can still be read")


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
               f"mapped, too: {listed(sorted(pages))}")
    run.equal("zeroes at the top of the stack:", run.value("user stack not zero"), 0)


def expect_guard(run, address, what, readable):
    run.expect(not readable, f"a page fault at {address:#x}, in {what}", "it can be read")
    run.expect(fault_at(run, address),
               f"{run.emulator} to record a page fault at {address:#x}, in {what}",
               "it has seen none there")


@test("2.5", STACKS, "allocate_kernel_stack")
def kernel_guard_page_faults(run):
    """Touching the page below a kernel stack is a page fault."""
    top = run.values("kernel stack", 5)[1]
    expect_guard(run, top - run.constant("KERNEL_STACK_SIZE") - 1,
                 f"the guard page of the kernel stack whose top is {top:#x}",
                 run.value("kernel guard readable"))


@test("2.5", STACKS, "allocate_user_stack")
def user_guard_pages_fault(run):
    """Touching the page below the user stack, or the one above it, is a page fault."""
    top = run.constant("USER_STACK_TOP")
    expect_guard(run, top - run.constant("USER_STACK_SIZE") - 1,
                 "the guard page below the user stack", run.value("page below readable"))
    expect_guard(run, top, "the page above the user stack", run.value("page above readable"))


@test("2.5", STACKS, "allocate_kernel_stack")
def kernel_stack_without_memory(run):
    """When memory runs out halfway allocate_kernel_stack keeps no page and no frame."""
    for result in run.values("kernel stack with too few frames", 4):
        expect_error(run, "allocate_kernel_stack() with too few frames", result, ENOMEM)
    for left, free in zip(run.values("frames left", 4), run.values("frames free after failure", 4)):
        run.expect(left == free, f"{left} free frames after a failure, as before",
                   f"{free} are free")
    run.equal("frames lost by failures:", signed(run.value("lost by failures")), 0, "{}")


@test("2.5", STACKS, "allocate_kernel_stack")
def many_stacks(run):
    """A hundred stacks can be had at once."""
    run.equal("kernel stacks that can be had at once:", run.value("stacks at once"), 100, "{}")


@test("2.5", STACKS, "allocate_kernel_stack")
def all_slots_taken(run):
    """When all slots are taken allocate_kernel_stack gives -EAGAIN and keeps no frame."""
    result, lost = signed(run.value("allocate without a slot")), signed(
        run.value("lost without a slot"))
    run.equal("slots that could be filled:", run.value("slots filled"), 13107, "{}")
    # Who keeps books of the slots finds these free, and what is mapped there in the way.
    run.expect(
        result in (EAGAIN, EEXIST),
        "allocate_kernel_stack(), with pages mapped in all 13107 slots, "
        "to give -EAGAIN", f"it gives {error(result % (1 << 64))}")
    run.expect(lost == 0, "as many free frames after that as before",
               f"frames that are missing: {lost}")


def expect_no_loss(run, call, lost):
    run.expect(lost == 0,
               f"as many free frames as before, after {call} and destroy_user_page_table()",
               f"frames that are missing: {signed(lost)}")


@test("2.5", STACKS, "allocate_user_stack")
def user_stack_without_memory(run):
    """When memory runs out halfway allocate_user_stack keeps no page and no frame."""
    pages = run.constant("USER_STACK_SIZE") // PAGE
    for seen in run.groups("frames for a user stack", pages + 5):
        left = seen["frames for a user stack"]
        call = f"allocate_user_stack() with {left} frame{'s' * (left != 1)} free"
        enough = left >= pages + 3              # the tables of levels 3, 2 and 1
        expect_error(run, call, seen["result"], 0 if enough else ENOMEM)
        run.equal(f"pages of the stack mapped after {call}:", seen["mapped"],
                  pages if enough else 0, "{}")
        expect_no_loss(run, call, seen["lost"])


@test("2.5", STACKS, "allocate_user_stack")
def user_stack_spares_others(run):
    """Where a page is mapped already allocate_user_stack gives -EEXIST and leaves it."""
    for seen in run.groups("foreign page", 3):
        page, frame, entry = seen["foreign page"], seen["foreign frame"], seen["entry"]
        call = f"allocate_user_stack() with {page:#x} mapped before"
        expect_error(run, call, seen["result"], EEXIST)
        run.expect(
            entry & P and entry & ADDRESS == frame,
            f"{page:#x}, which was mapped before allocate_user_stack(), to stay mapped to frame "
            f"{frame:#x}",
            f"its entry is {entry:#x}")
        run.equal(f"pages of the stack mapped after {call}:", seen["mapped"], 1, "{}")
        expect_no_loss(run, call, seen["lost"])


@test("2.5", MAIN, "allocate_kernel_stack")
def guard_page_message(run):
    """The kernel says that a guard page was touched."""
    for line in (r"#PF in the guard page of kernel stack \d+:",
                 r"#PF in the guard page of the user stack:"):
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
    run.expect(len(set(last)) == 3, "three different PIDs", f"they are {listed(last, '{}')}")


@test("2.6", PROCESSES, "create_process")
def register_state(run):
    """A new process would start in ring 3 at its entry point, on its own stack."""
    for number, seen in enumerate(run.groups("in the table", 3)):
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
    groups = run.groups("in the table", 3)
    for seen in groups:
        run.expect(seen["in the table"], "the process in the process table", "it is not there")
        root = seen["page table"]
        kernel.append(run.memory.read(root + PAGE // 2, PAGE // 2))
        pages = run.pages(root, 0, 255)
        run.expect(len(pages) == 16 and pages[-1].end == run.constant("USER_STACK_TOP"),
                   "the user stack and nothing else", f"{len(pages)} pages are mapped")
        user.append({e & ADDRESS for page in pages for e in page.entries} | {root})
    run.expect(kernel[0] == kernel[1] == kernel[2], "the same kernel half", "they differ")
    run.expect(not (user[0] & user[1] or user[0] & user[2] or user[1] & user[2]),
               "disjoint user halves", "they share a frame")
    run.expect(
        len({seen["kernel stack"]
             for seen in groups}) == 3, "a kernel stack each", "two share one")


@test("2.6", PROCESSES, "create_process")
def failures_are_undone(run):
    """Whichever step of create_process runs out of memory, the earlier ones are undone."""
    needed = run.value("frames for one")
    least = (run.constant("USER_STACK_SIZE") + run.constant("KERNEL_STACK_SIZE")) // PAGE + 5
    run.expect(least <= needed < run.value("usable"), f"a process to take {least} frames at least: "
               "its record, its stacks, its PML4 and three tables", f"it takes {signed(needed)}")
    for result, left, free in zip(run.values("create with too few frames", needed),
                                  run.values("frames left", needed),
                                  run.values("frames free after failure", needed)):
        expect_error(run, f"create_process() with {left} frames", result, ENOMEM)
        run.expect(left == free, f"{left} free frames after the failure, as before",
                   f"{free} are free")
    run.expect(run.value("table empty after failures"), "an empty process table", "it is not")
    run.equal("frames lost by failures:", signed(run.value("lost by failures")), 0, "{}")


@test("2.6", PROCESSES, "destroy_process")
def cycles_lose_nothing(run):
    """Creating and destroying until memory was used many times over loses no frame."""
    run.expect(
        run.value("cycles") == 320, "every cycle to succeed",
        f"cycle {run.value('cycles')} did not")
    run.equal("frames lost by one process:", signed(run.value("lost by one")), 0, "{}")
    run.equal("frames lost by 320 processes:", signed(run.value("lost by cycles")), 0, "{}")
    used = 320 * run.value("frames for one")
    run.expect(used > 2 * run.value("usable"), "memory used more than twice", f"{used} frames")


@test("2.6", PROCESSES, "create_process")
def bad_requests_are_refused(run):
    """Entry points outside of the programs' range and unknown PIDs are refused."""
    for entry, result in zip(run.values("bad entry", 7), run.values("create at a bad entry", 7)):
        expect_error(run, f"create_process({entry:#x})", result, EINVAL)
    for pid, result in zip(run.values("nobody", 5), run.values("destroy of nobody", 5)):
        expect_error(run, f"destroy_process({signed(pid)}), where no process has that PID,",
                     result, ESRCH)
    run.equal("frames lost by refusals:", signed(run.value("lost by refusals")), 0, "{}")


@test("2.6", PROCESSES, "destroy_process")
def others_survive(run):
    """Destroying one process leaves the others alone."""
    expect_error(run, "destroy_process()", run.value("destroy the middle one"), 0)
    run.expect(not run.value("middle one found"), "a destroyed process not to be found",
               "it is found")
    expect_error(run, "destroy_process() of the same process again",
                 run.value("destroy it again"), ESRCH)
    run.equal("frames freed by that:", signed(run.value("freed by that")), 0, "{}")
