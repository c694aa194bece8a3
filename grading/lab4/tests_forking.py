"""What lab 4's kernel must have done to copy an address space and to fork."""
from grading.lab4.shared import COPIES, FORKS, MAIN, result_is
from ringstep.grading.harness import Run, signed, test
from ringstep.kernel import paging

RIGHTS = paging.W | paging.U | paging.NX


def wanted_pages(run: Run) -> list:
    """(address, flags) of the pages that copies.c maps, in the order of addresses."""
    return sorted(zip(run.values("page"), run.values("flags")))


# ---- 4.3 ----

@test("4.3", COPIES, "user_half_copy")
def every_page_is_visited(run: Run) -> None:
    """Each mapped page of the user half is visited once, in order, with its own entry."""
    addresses = [address for address, _ in wanted_pages(run)]
    visited = run.values("visit")[:len(addresses)]
    missing = [a for a in addresses if a not in visited]
    run.expect(not missing, f"a visit of {missing[0]:#x}" if missing else "",
               "there was none")
    run.expect(visited == addresses, "the pages in the order of their addresses",
               f"they came as {[hex(a) for a in visited]}")
    run.expect(all(run.values("entry is the page's")), "the page's own entry for each visit",
               "it was another one")
    run.expect(all(run.values("to")), "`to` as it was given", "it was another page table")
    result_is(run, "user_half_copy() of these pages", run.values("result", 2)[0], 0)
    result_is(run, "user_half_copy() of an empty half", run.value("visits of nothing"), 0)


@test("4.3", COPIES, "user_half_copy")
def the_first_error_ends_it(run: Run) -> None:
    """At the first error no page is visited any more, and it is the result."""
    stop = run.values("visits stop at", 2)[1]
    visited = run.values("visit")[len(wanted_pages(run)):]
    run.expect(len(visited) == stop, f"{stop} visits, the last of which gives -EEXIST",
               f"there were {len(visited)}")
    result_is(run, "user_half_copy()", run.values("result", 2)[1], "EEXIST")


@test("4.3", COPIES, "page_copy")
def same_bytes_other_frames(run: Run) -> None:
    """The copy has the same pages with the same bytes and rights, in frames of its own."""
    result_is(run, "user_half_copy(…, page_copy)", run.value("copied"), 0)
    old, new = (run.pages(run.value(name), 0, 255) for name in ("root", "copy"))
    run.expect([p.virtual for p in new] == [a for a, _ in wanted_pages(run)],
               "the same pages in the copy", f"it has {[hex(p.virtual) for p in new]}")
    for a, b in zip(old, new):
        where = f"of the page at {a.virtual:#x}"
        run.equal(f"the rights {where} in the copy:", b.entries[-1] & RIGHTS,
                  a.entries[-1] & RIGHTS)
        run.expect(a.physical != b.physical, f"another frame for the copy {where}",
                   f"both have {a.physical:#x}")
        run.expect(run.memory.read(a.physical, a.size) == run.memory.read(b.physical, b.size),
                   f"the same bytes in the copy {where}", "they differ")
    frames = {p.physical for p in new} | {e & paging.ADDRESS for p in new for e in p.entries[:-1]}
    theirs = {e & paging.ADDRESS for p in old for e in p.entries}
    run.expect(not frames & theirs, "tables and pages of its own for the copy",
               f"both use {[hex(f) for f in sorted(frames & theirs)]}")


@test("4.3", COPIES, "page_copy")
def copy_without_memory(run: Run) -> None:
    """Where frames run out in the middle, the result is -ENOMEM, and none is lost."""
    groups = run.groups("frames left", run.value("frames for a copy"))
    for group in groups:
        result_is(run, f"a copy with {group['frames left']} frames", group["copy gives"], "ENOMEM")
    run.equal("frames that are lost by copies that fail:", signed(run.value("lost by failures")),
              0, "{}")
    run.equal("frames after page_copy() over a page that is mapped:",
              run.value("frames for a copy after it"), run.value("frames for a copy"), "{}")
    run.ended_well()


# ---- 4.4 ----

@test("4.4", FORKS, "sys_fork")
def the_child_goes_on(run: Run) -> None:
    """The child's registers are those of the parent's system call, with 0 for its result."""
    group = run.groups("fork gives")[0]
    result_is(run, "sys_fork()", group["fork gives"], 2)
    run.equal("the child in the process table:", group["found"], 1, "{}")
    run.equal("rax in the child", group["rax in the child"], 0)
    run.equal("all other registers of the child to be those of the parent's frame:",
              group["its other registers are the parent's"], 1, "{}")
    for name in ("FS", "DS"):
        run.equal(f"{name} of the child, as the parent had it:", group[name],
                  run.constant("SELECTOR_USER_DATA"))
    run.equal("the child to have `started`:", group["started"], 1, "{}")


@test("4.4", FORKS, "sys_fork")
def the_child_is_its_own(run: Run) -> None:
    """Parent and child have page tables, kernel stacks and pages of their own."""
    group = run.groups("fork gives")[0]
    run.expect(group["kernel stack"] not in (0, group["kernel stack of the parent"]),
               "a kernel stack of the child's own", f"it is {group['kernel stack']:#x}")
    run.equal("the child's user stack, as the parent's:", group["user stack"],
              run.constant("USER_STACK_TOP"))
    run.expect(group["page table"] != group["page table of the parent"],
               "a page table of the child's own", f"it is {group['page table']:#x}")


@test("4.4", FORKS, "sys_fork")
def the_child_is_ready(run: Run) -> None:
    """The child is ready, once, and the parent's child."""
    group = run.groups("fork gives")[0]
    run.equal("the child's state:", group["state"], run.constant("PROCESS_READY"), "{}")
    run.equal("the current task for its parent:", group["its parent"], 1, "{}")
    run.equal("the child in the parent's list:", group["first child of the parent"], 1, "{}")
    for name in ("first that is ready", "last that is ready"):
        run.equal(f"the child to be the {name}:", group[name], 1, "{}")


@test("4.4", FORKS, "sys_fork")
def fork_returns_twice(run: Run) -> None:
    """The child comes back from the system call in ring 3, and can make the next one."""
    asks = run.groups("asks")
    run.expect([g["asks"] for g in asks] == [1, 2], "a system call of PID 1, then one of PID 2",
               f"they are by {[g['asks'] for g in asks]}; {run.stopped()}")
    run.equal("the child's call to come from", asks[1]["from"], asks[0]["from"])
    run.expect(asks[1]["CR3"] != asks[0]["CR3"], "the child in a page table of its own",
               f"CR3 is {asks[1]['CR3']:#x} for both")


@test("4.4", FORKS, "sys_fork")
def fork_without_memory(run: Run) -> None:
    """Where frames run out, fork gives -ENOMEM, and nothing is left of the child."""
    for group in run.groups("fork with too few frames"):
        left = group["fork with too few frames"]
        result_is(run, f"sys_fork() with {left} frames", group["gives"], "ENOMEM")
        run.equal(f"free frames after a fork with {left} of them:", group["frames free after it"],
                  left, "{}")
        run.equal("processes after it:", group["processes"], 2, "{}")
        run.equal("children of the parent after it:", group["children of the parent"], 0, "{}")
        run.equal("somebody who is ready after it:", group["ready"], 0, "{}")
    run.groups("fork with too few frames", run.value("frames for a fork"))
    run.equal("frames at the end", run.value("frames at the end"),
              run.value("frames at the start"), "{}")


@test("4.4", MAIN, "sys_fork")
def one_program_prints_twice(run: Run) -> None:
    """fork_test prints its line twice: with the child's PID, and with 0."""
    lines = sorted(line for line in run.text.split("\n") if line.startswith("[Fork Test]"))
    expected = ["[Fork Test] PID 6: fork() gave me 7", "[Fork Test] PID 7: fork() gave me 0"]
    run.expect(lines == expected, f"the lines {expected}", f"there are {lines or 'none'}; "
               f"{run.stopped()}")
