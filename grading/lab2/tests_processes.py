"""What lab 2's kernel must have done with address spaces and processes (2.4, 2.6)."""
from typing import Set

from grading.lab2.shared import (HALF, MAIN, PAGE, PROCESSES, SPACES, expect_error,
                                 expect_free_frames, flags, frames_of, listed, page_faults)
from ringstep.grading.harness import Run, signed, test
from ringstep.kernel.paging import U
from ringstep.machine.record import Event

# ---- 2.4 ----


@test("2.4", SPACES, "create_user_page_table")
def kernel_half_is_shared(run: Run) -> None:
    """Both page tables have the kernel's entries 256 to 511, and they lead to the same tables."""
    for name in ("a", "b"):
        root = run.value(name)
        for index in range(HALF, 2 * HALF):
            mine, kernel = (run.memory.u64(table + 8 * index)
                            for table in (root, run.value("kernel root")))
            run.expect(
                mine == kernel,
                f"entry {index} of the PML4 at {root:#x} as in the kernel's PML4: {kernel:#x}",
                f"it is {mine:#x}")
    run.equal("a mapping made later to be seen in every page table: the value",
              run.value("late mapping seen in b"), run.value("late value"))


@test("2.4", SPACES, "create_user_page_table")
def user_halves_are_disjoint(run: Run) -> None:
    """No table and no page of one user half is reachable from the other."""
    frames = {}
    for name, count in (("a", 6), ("b", 3)):
        pages = run.pages(run.value(name), 0, HALF - 1)
        run.expect(
            len(pages) == count, f"{count} pages in the user half of {name}", f"{len(pages)}")
        frames[name] = frames_of(run, run.value(name))
    common = frames["a"] & frames["b"]
    run.expect(not common, "nothing in common", f"both lead to {listed(sorted(common))}")


@test("2.4", SPACES, "create_user_page_table")
def user_half_is_empty(run: Run) -> None:
    """A new user half is empty, whatever the kernel's own page table holds in its user half."""
    run.equal("entries present in a new user half:", run.value("entries in a new user half"), 0,
              "{}")


@test("2.4", SPACES, "create_user_page_table")
def kernel_half_is_closed(run: Run) -> None:
    """Nothing in the kernel half is open to ring 3, and nothing is writable and executable."""
    pages = run.pages(run.value("a"), HALF)
    run.expect(pages, "pages in the kernel half", "there is none")
    for page in pages:
        run.expect(not any(entry & U for entry in page.entries), "no U bit in the kernel half",
                   flags(page))
        run.expect(not (page.writable and page.executable), "no page writable and executable",
                   flags(page))


@test("2.4", SPACES, "create_user_page_table")
def page_table_in_use(run: Run) -> None:
    """With a process's page table in CR3 the kernel runs on."""
    run.equal("CR3", run.value("cr3"), run.value("a"))
    for result in run.values("create", 4):
        expect_error(run, "create_user_page_table()", result, "0")
    expect_error(run, "create_user_page_table() without memory",
                 run.value("create without memory"), "-ENOMEM")


@test("2.4", SPACES, "destroy_user_page_table")
def all_frames_come_back(run: Run) -> None:
    """destroy_user_page_table frees the pages, the tables and the PML4, and nothing of others."""
    for result in run.values("far page", 2 * 53):
        expect_error(run, "page_map() in the user half", result, "0")
    for lost in run.values("lost by create and destroy", 2):
        run.expect(lost == 0, "as many free frames as before", f"{signed(lost)} are missing"
                   if signed(lost) > 0 else f"{-signed(lost)} more are free: some were freed twice")
    expect_free_frames(run, frames_of(run, run.value("a")) | frames_of(run, run.value("b")))
    run.ended_well()


# ---- 2.6 ----

def in_guard(event: Event, guard: int) -> bool:
    return event.cr2 is not None and guard <= event.cr2 < guard + PAGE


@test("2.6", MAIN, "create_process")
def basic_process_creation(run: Run) -> None:
    """create_process gives a PID above 0, and a guard page of PID 1 is one."""
    run.expect("#PF in the guard page of PID 1" in run.text,
               'the line "#PF in the guard page of PID 1…"', run.stopped())
    guard = run.constant("USER_STACK_TOP") - run.constant("USER_STACK_SIZE") - PAGE
    run.expect(any(in_guard(event, guard) or event.cr2 is None for event in page_faults(run)),
               f"a #PF in the page {guard:#x}", "there was none")
    run.ended_well()


@test("2.6", PROCESSES, "create_process")
def pids_count_up(run: Run) -> None:
    """The first PID is 1, and a failure uses none up."""
    run.equal("the first PID", signed(run.value("first pid")), 1, "{}")
    last = run.values("pid")
    first = run.value("cycles wanted") + 2
    run.expect(last and last[0] == first,
               f"PID {first} after {first - 1} processes and many failures",
               f"{last[0] if last else 'none'}")
    run.expect(len(set(last)) == 3, "three different PIDs", f"they are {listed(last, '{}')}")


@test("2.6", PROCESSES, "create_process")
def register_state(run: Run) -> None:
    """A new process would start in ring 3 at its entry point, on its own stack."""
    for seen in run.groups("entry point", 3):
        run.expect(seen["in the table"], "the process in the process table", "it is not there")
        top = run.constant("USER_STACK_TOP")
        run.equal("RIP", seen["rip"], seen["entry point"])
        run.equal("RSP", seen["rsp"], top - run.constant("ARGUMENT_BLOCK_SIZE"))
        run.equal("CS", seen["cs"], run.constant("SELECTOR_USER_CODE"))
        run.equal("SS", seen["ss"], run.constant("SELECTOR_USER_DATA"))
        run.equal("RFLAGS (IF set, IOPL 0, bit 1 always 1)", seen["rflags"],
                  run.constant("RFLAGS_RESERVED") | run.constant("RFLAGS_IF"))
        run.equal("the general registers all", seen["other registers"], 0, "{}")
        run.equal("the top of the user stack in the record", seen["user stack"], top)
        run.equal("the state NEW,", seen["state"], run.constant("PROCESS_NEW"), "{}")


@test("2.6", PROCESSES, "create_process")
def processes_are_isolated(run: Run) -> None:
    """Two processes have the same kernel half and disjoint user halves, each with its stack."""
    kernel, user = [], []
    groups = run.groups("in the table", 3)
    for seen in groups:
        run.expect(seen["in the table"], "the process in the process table", "it is not there")
        root = seen["page table"]
        kernel.append(run.memory.read(root + PAGE // 2, PAGE // 2))
        pages = run.pages(root, 0, HALF - 1)
        stack = run.constant("USER_STACK_SIZE") // PAGE
        run.expect(len(pages) == stack and pages[-1].end == run.constant("USER_STACK_TOP"),
                   "the user stack and nothing else", f"{len(pages)} pages are mapped")
        user.append(frames_of(run, root))
    run.expect(kernel[0] == kernel[1] == kernel[2], "the same kernel half", "they differ")
    run.expect(not (user[0] & user[1] or user[0] & user[2] or user[1] & user[2]),
               "disjoint user halves", "they share a frame")
    run.expect(
        len({seen["kernel stack"]
             for seen in groups}) == 3, "a kernel stack each", "two share one")


@test("2.6", PROCESSES, "create_process")
def failures_are_undone(run: Run) -> None:
    """Whichever step of create_process runs out of memory, the earlier ones are undone."""
    needed = run.value("frames for one")
    least = (run.constant("USER_STACK_SIZE") + run.constant("KERNEL_STACK_SIZE")) // PAGE + 5
    run.expect(least <= needed < run.value("usable"), f"a process to take {least} frames at least: "
               "its record, its stacks, its PML4 and three tables", f"it takes {signed(needed)}")
    for result, left, free in zip(run.values("create with too few frames", needed),
                                  run.values("frames left", needed),
                                  run.values("frames free after failure", needed)):
        expect_error(run, f"create_process() with {left} frames", result, "-ENOMEM")
        run.expect(left == free, f"{left} free frames after the failure, as before",
                   f"{free} are free")
    run.expect(run.value("table empty after failures"), "an empty process table", "it is not")
    run.equal("frames lost by failures:", signed(run.value("lost by failures")), 0, "{}")


@test("2.6", PROCESSES, "destroy_process")
def cycles_lose_nothing(run: Run) -> None:
    """Creating and destroying until memory was used many times over loses no frame."""
    cycles = run.value("cycles")
    run.expect(cycles == run.value("cycles wanted"), "every cycle to succeed",
               f"cycle {cycles} did not")
    run.equal("frames lost by one process:", signed(run.value("lost by one")), 0, "{}")
    run.equal(f"frames lost by {cycles} processes:", signed(run.value("lost by cycles")), 0, "{}")
    used = cycles * run.value("frames for one")
    run.expect(used > 2 * run.value("usable"), "memory used more than twice", f"{used} frames")


@test("2.6", PROCESSES, "create_process")
def bad_requests_are_refused(run: Run) -> None:
    """Entry points outside of the programs' range and unknown PIDs are refused."""
    for entry, result in zip(run.values("bad entry", 7), run.values("create at a bad entry", 7)):
        expect_error(run, f"create_process({entry:#x})", result, "-EINVAL")
    for pid, result in zip(run.values("nobody", 5), run.values("destroy of nobody", 5)):
        expect_error(run, f"destroy_process({signed(pid)}), where no process has that PID,",
                     result, "-ESRCH")
    run.equal("frames lost by refusals:", signed(run.value("lost by refusals")), 0, "{}")


@test("2.6", PROCESSES, "destroy_process")
def others_survive(run: Run) -> None:
    """Destroying one process leaves the others alone."""
    expect_error(run, "destroy_process()", run.value("destroy the middle one"), "0")
    run.expect(not run.value("middle one found"), "a destroyed process not to be found",
               "it is found")
    expect_error(run, "destroy_process() of the same process again",
                 run.value("destroy it again"), "-ESRCH")
    run.equal("frames freed by that:", signed(run.value("freed by that")), 0, "{}")


@test("2.6", PROCESSES, "destroy_process")
def frames_of_processes_are_not_free(run: Run) -> None:
    """After processes were destroyed no frame is free twice, or free and in use."""
    used: Set[int] = set()
    for seen in run.groups("in the table", 3):
        used |= frames_of(run, seen["page table"])
    area = run.constant("KERNEL_STACK_BASE"), run.constant("KERNEL_BASE")
    used |= {page.physical for page in run.pages(run.value("kernel root"), HALF, HALF)
             if area[0] <= page.virtual < area[1]}
    expect_free_frames(run, used)
