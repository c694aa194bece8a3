"""What lab 2's kernel must have done with stacks (2.5)."""
import re

from grading.lab2.shared import (HALF, MAIN, PAGE, STACKS, error, expect_error, expect_free_frames,
                                 fault_at, flags, frames_of, listed)
from ringstep.grading.harness import Run, signed, test
from ringstep.kernel.paging import ADDRESS, P, U


@test("2.5", STACKS, "allocate_kernel_stack")
def kernel_stacks(run: Run) -> None:
    """Kernel stacks have 16 KiB, an unmapped page below, and lie in their area."""
    size, base = run.constant("KERNEL_STACK_SIZE"), run.constant("KERNEL_STACK_BASE")
    end = base + run.constant("KERNEL_STACK_AREA")
    for result in run.values("allocate", 6):
        expect_error(run, "allocate_kernel_stack()", result, "0")
    mapped = {page.virtual: page for page in run.pages(run.value("kernel root"), HALF, HALF)
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
            run.expect(page is not None, f"all {size >> 10} KiB below {top:#x} mapped",
                       f"{address:#x} is not")
            run.expect(
                page.writable and not page.executable and not any(e & U for e in page.entries),
                "a stack page that is writable, not executable, and without a U bit", flags(page))
    run.expect(not mapped, "nothing mapped in the area but the stacks: guard pages between them",
               f"mapped, too: {listed(sorted(mapped))}")


@test("2.5", STACKS, "allocate_kernel_stack")
def stacks_have_their_own_frames(run: Run) -> None:
    """No two stacks share memory."""
    for kept in run.values("stack content kept", 4):
        run.expect(kept, "what was written to a stack to stay there",
                   "another stack has overwritten it")
    stacks = [page for page in run.pages(run.value("kernel root"), HALF, HALF)
              if page.virtual < run.constant("KERNEL_BASE")]
    frames = [page.physical for page in stacks]
    frames += [page.physical for page in run.pages(run.value("root"), 0, HALF - 1)]
    run.expect(
        len(set(frames)) == len(frames), "a frame of its own for each page",
        "two pages share one")
    expect_free_frames(run, frames_of(run, run.value("root"))
                       | {entry & ADDRESS for page in stacks for entry in page.entries})


@test("2.5", STACKS, "free_kernel_stack")
def kernel_stack_is_freed(run: Run) -> None:
    """free_kernel_stack unmaps the stack and frees its frames."""
    run.equal("frames freed:", run.value("freed by a stack"),
              run.constant("KERNEL_STACK_SIZE") // PAGE, "{}")
    run.expect(not run.value("readable after free"), "a page fault in a freed stack",
               "it can still be read")


@test("2.5", STACKS, "allocate_user_stack")
def user_stack(run: Run) -> None:
    """The user stack is 64 KiB below USER_STACK_TOP, with an unmapped page below and above."""
    top, size = run.constant("USER_STACK_TOP"), run.constant("USER_STACK_SIZE")
    expect_error(run, "allocate_user_stack()", run.value("allocate user"), "0")
    run.equal("the top", run.value("user stack"), top)
    pages = {page.virtual: page for page in run.pages(run.value("root"), 0, HALF - 1)}
    for address in range(top - size, top, PAGE):
        page = pages.pop(address, None)
        run.expect(page is not None, f"all {size >> 10} KiB below {top:#x} mapped",
                   f"{address:#x} is not")
        run.expect(page.writable and not page.executable and page.user,
                   "a stack page that is writable, not executable, and ring 3's", flags(page))
    run.expect(not pages, "nothing else mapped: a guard page below, none above",
               f"mapped, too: {listed(sorted(pages))}")
    run.equal("zeroes at the top of the stack:", run.value("user stack not zero"), 0)


def expect_guard(run: Run, address: int, what: str, readable: int) -> None:
    run.expect(not readable, f"a page fault at {address:#x}, in {what}", "it can be read")
    run.expect(fault_at(run, address),
               f"{run.emulator} to record a page fault at {address:#x}, in {what}",
               "it has seen none there")


@test("2.5", STACKS, "allocate_kernel_stack")
def kernel_guard_page_faults(run: Run) -> None:
    """Touching the page below a kernel stack is a page fault."""
    top = run.values("kernel stack", 5)[1]
    expect_guard(run, top - run.constant("KERNEL_STACK_SIZE") - 1,
                 f"the guard page of the kernel stack whose top is {top:#x}",
                 run.value("kernel guard readable"))


@test("2.5", STACKS, "allocate_user_stack")
def user_guard_pages_fault(run: Run) -> None:
    """Touching the page below the user stack, or the one above it, is a page fault."""
    top = run.constant("USER_STACK_TOP")
    expect_guard(run, top - run.constant("USER_STACK_SIZE") - 1,
                 "the guard page below the user stack", run.value("page below readable"))
    expect_guard(run, top, "the page above the user stack", run.value("page above readable"))


@test("2.5", STACKS, "allocate_kernel_stack")
def kernel_stack_without_memory(run: Run) -> None:
    """When memory runs out halfway allocate_kernel_stack keeps no page and no frame."""
    tries = run.constant("KERNEL_STACK_SIZE") // PAGE
    for result in run.values("kernel stack with too few frames", tries):
        expect_error(run, "allocate_kernel_stack() with too few frames", result, "-ENOMEM")
    for left, free in zip(run.values("frames left", tries),
                          run.values("frames free after failure", tries)):
        run.expect(left == free, f"{left} free frames after a failure, as before",
                   f"{free} are free")
    run.equal("frames lost by failures:", signed(run.value("lost by failures")), 0, "{}")


@test("2.5", STACKS, "allocate_kernel_stack")
def many_stacks(run: Run) -> None:
    """A hundred stacks can be had at once."""
    run.equal("kernel stacks that can be had at once:", run.value("stacks at once"),
              run.value("stacks wanted"), "{}")


@test("2.5", STACKS, "allocate_kernel_stack")
def all_slots_taken(run: Run) -> None:
    """When all slots are taken allocate_kernel_stack gives -EAGAIN and keeps no frame."""
    result = error(run, run.value("allocate without a slot"))
    lost = signed(run.value("lost without a slot"))
    slots = run.constant("KERNEL_STACK_SLOTS")
    run.equal("slots that could be filled:", run.value("slots filled"), slots, "{}")
    # Who keeps books of the slots finds these free, and what is mapped there in the way.
    run.expect(
        result in ("-EAGAIN", "-EEXIST"),
        f"allocate_kernel_stack(), with pages mapped in all {slots} slots, "
        "to give -EAGAIN", f"it gives {result}")
    run.expect(lost == 0, "as many free frames after that as before",
               f"frames that are missing: {lost}")


def expect_no_loss(run: Run, call: str, lost: int) -> None:
    run.expect(lost == 0,
               f"as many free frames as before, after {call} and destroy_user_page_table()",
               f"frames that are missing: {signed(lost)}")


@test("2.5", STACKS, "allocate_user_stack")
def user_stack_without_memory(run: Run) -> None:
    """When memory runs out halfway allocate_user_stack keeps no page and no frame."""
    pages = run.constant("USER_STACK_SIZE") // PAGE
    for seen in run.groups("frames for a user stack", pages + 5):
        left = seen["frames for a user stack"]
        call = f"allocate_user_stack() with {left} frame{'s' * (left != 1)} free"
        enough = left >= pages + 3              # the tables of levels 3, 2 and 1
        expect_error(run, call, seen["result"], "0" if enough else "-ENOMEM")
        run.equal(f"pages of the stack mapped after {call}:", seen["mapped"],
                  pages if enough else 0, "{}")
        expect_no_loss(run, call, seen["lost"])


@test("2.5", STACKS, "allocate_user_stack")
def user_stack_spares_others(run: Run) -> None:
    """Where a page is mapped already allocate_user_stack gives -EEXIST and leaves it."""
    for seen in run.groups("foreign page", 3):
        page, frame, entry = seen["foreign page"], seen["foreign frame"], seen["entry"]
        call = f"allocate_user_stack() with {page:#x} mapped before"
        expect_error(run, call, seen["result"], "-EEXIST")
        run.expect(
            entry & P and entry & ADDRESS == frame,
            f"{page:#x}, which was mapped before allocate_user_stack(), to stay mapped to frame "
            f"{frame:#x}",
            f"its entry is {entry:#x}")
        run.equal(f"pages of the stack mapped after {call}:", seen["mapped"], 1, "{}")
        expect_no_loss(run, call, seen["lost"])


@test("2.5", MAIN, "allocate_kernel_stack")
def guard_page_message(run: Run) -> None:
    """The kernel says that a guard page was touched."""
    for line in (r"#PF in the guard page of kernel stack \d+:",
                 r"#PF in the guard page of the user stack:"):
        run.expect(re.search(line, run.text), f'the line "{line[:-1]}…"', run.stopped())
