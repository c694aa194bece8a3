"""What lab 4's kernel must have done when processes end, and with pages that they share."""
import re
from typing import Dict, List

from grading.lab4.shared import MAIN, SHARES, WAITS, reports, result_is
from ringstep.grading.harness import NotReached, Run, test

EXITED = 256                        # a status: what exit was given, times this
WROTE_TO_READ_ONLY = 7              # #PF: present, write, ring 3


def said(run: Run, what: int, meaning: str) -> int:
    """A value that the program reported, itself or one of its children."""
    found = reports(run, what)
    if not found:
        left = [pid for name, pid in run.observed_so_far() if name == "left over"]
        why = f"PIDs {left} wait for ever" if left else run.stopped()
        raise NotReached(f"nobody came to report {meaning}: {why}")
    return found[0]


def look(run: Run, number: int) -> Dict[int, Dict[str, int]]:
    """The process table when a program asked for it: {PID: what is known of it}."""
    found: List[Dict[str, int]] = []
    at = 0
    for name, value in run.observed:
        if name == "look":
            at = value
        elif at == number and name == "process":
            found.append({name: value})
        elif at == number and found:
            found[-1][name] = value
    if at == 0:
        run.value("look")
    return {process["process"]: process for process in found}


def free_at(run: Run, number: int) -> int:
    """Free frames when a program asked for the process table."""
    return next(group["free"] for group in run.groups("look") if group["look"] == number)


# ---- 4.5 ----

@test("4.5", WAITS, "sys_wait4")
def wait_without_a_child(run: Run) -> None:
    """Who has no such child is told so: -ECHILD; other arguments give -EINVAL."""
    for what, call, expected in ((100, "wait4(-1) without a child",
                                  "ECHILD"), (101, "wait4() for oneself", "ECHILD"),
                                 (106, "wait4() for a PID that is no child", "ECHILD"),
                                 (102, "wait4(0)", "EINVAL"), (103, "wait4(-2)", "EINVAL"),
                                 (104, "wait4() with another option than WNOHANG",
                                  "EINVAL"), (105, "wait4() with a place for usage", "EINVAL"),
                                 (112, "a second wait4() for the same child",
                                  "ECHILD"), (600, "wait4() for one's own parent", "ECHILD")):
        result_is(run, call, said(run, what, f"what {call} gave"), expected)


@test("4.5", WAITS, "sys_wait4")
def status_that_cannot_be_written(run: Run) -> None:
    """A bad status pointer gives -EFAULT, and the child can still be waited for."""
    for what, where in ((107, "in the kernel's half"), (108, "in the null page"),
                        (109, "in read-only code"), (110, "that crosses the end of the stack")):
        call = f"wait4() with a status pointer {where}"
        result_is(run, call, said(run, what, f"what {call} gave"), "EFAULT")
    result_is(run, "wait4() with status 0 afterwards: its PID minus the child's",
              said(run, 111, "wait4() after that"), 0)


@test("4.5", WAITS, "sys_wait4")
def status_of_an_exit(run: Run) -> None:
    """The status is 256 times the lowest byte of what exit was given."""
    for number, expected in enumerate((7, 0, 255, 5)):
        status = said(run, 201 + 2 * number, "the status of a child that exits")
        run.equal("the status", status, expected * EXITED)


@test("4.5", WAITS, "sys_wait4")
def status_of_a_fault(run: Run) -> None:
    """A child that dies of its own fault has the signal in its status: #DE 8, #UD 4, #GP 11."""
    for number, (fault, signal) in enumerate((("#DE", 8), ("#UD", 4), ("#GP", 11), ("#PF", 11))):
        status = said(run, 301 + 2 * number, f"the status of a child that died of {fault}")
        run.equal(f"the status of a child that died of {fault}:", status, signal, "{}")


@test("4.5", WAITS, "process_ended")
def zombies(run: Run) -> None:
    """Who has ended is a zombie until the parent asks, and then gone, with its frames."""
    first, second = (said(run, n, "the PIDs of two children") for n in (400, 401))
    table = look(run, 1)
    for pid in (first, second):
        run.expect(pid in table, f"PID {pid}, which has ended, in the process table",
                   f"it has {sorted(table)}")
        run.equal(f"PID {pid} to be a zombie:", table[pid]["state"], run.constant("PROCESS_ZOMBIE"),
                  "{}")
    left = look(run, 2)
    run.expect(len(left) == 1, "the parent alone in the table, once it has asked",
               f"there are PIDs {sorted(left)}")
    run.expect(free_at(run, 2) > free_at(run, 1), "the frames of the two to be free again",
               f"{free_at(run, 1)} were free, and then {free_at(run, 2)}")


@test("4.5", WAITS, "sys_wait4")
def the_right_child(run: Run) -> None:
    """wait4(pid) gives that child and its status, whichever has ended first; -1 any."""
    first, second = (said(run, n, "the PIDs of two children") for n in (400, 401))
    slow, quick = (said(run, n, "the PIDs of two children") for n in (506, 507))
    for what, pid, status in ((402, second, 2), (404, first, 1), (502, slow, 3), (504, quick, 4)):
        run.equal(f"wait4() for PID {pid} to give", said(run, what, "what wait4() gave"), pid,
                  "{}")
        run.equal(f"the status of PID {pid}:", said(run, what + 1, "a status"), status * EXITED)


@test("4.5", WAITS, "sys_wait4")
def wnohang(run: Run) -> None:
    """With WNOHANG the result is 0 while a child lives, and -ECHILD without one."""
    for what in (500, 501):
        result_is(run, "wait4(…, WNOHANG) while the children live",
                  said(run, what, "what WNOHANG gave"), 0)
    result_is(run, "wait4(-1, …, WNOHANG) without a child", said(run, 406, "that"), "ECHILD")


@test("4.5", WAITS, "sys_wait4")
def any_that_has_ended(run: Run) -> None:
    """wait4(-1) gives a child that has ended, although another one lives."""
    for what, which in ((520, "that has ended"), (521, "that ends later")):
        result_is(run, f"wait4(-1): its PID minus that of the child {which}",
                  said(run, what, "that"), 0)


@test("4.5", WAITS, "process_ended")
def orphans(run: Run) -> None:
    """A child of a dead parent has no parent, and is gone as soon as it ends."""
    table = look(run, 3)
    parents = {pid: process["parent"] for pid, process in table.items()}
    run.expect(len(parents) == 2 and set(parents.values()) == {0},
               "two processes, of which neither has a parent, when the grandchild looks",
               f"there are PIDs {sorted(parents)} with the parents {sorted(parents.values())}")
    run.expect(len(look(run, 4)) == 1, "the orphan to be gone once it has ended",
               f"there are PIDs {sorted(look(run, 4))}")
    result_is(run, "wait4(-1) of the grandparent", said(run, 604, "that"), "ECHILD")


@test("4.5", WAITS, "process_ended")
def nothing_is_left(run: Run) -> None:
    """A zombie that nobody asks for goes with its parent: all frames are free at the end."""
    run.expect(not run.values("left over"), "nobody to wait for ever",
               f"PIDs {run.values('left over')} are left, and nobody is ready")
    run.equal("free frames at the end:", run.value("frames at the end"),
              run.value("frames at the start"), "{}")
    run.ended_well()


@test("4.5", MAIN, "sys_wait4")
def the_family(run: Run) -> None:
    """The parent prints the status of each child; an orphan ends after it."""
    story = run.text.partition("\n4.6 ")[0]
    found = sorted(re.findall(r"^\[Family Test\] PID \d+ has ended: status (\d+), signal (\d+)$",
                              story, re.M))
    run.expect(found == [("0", "11"), ("10", "0"), ("20", "0"), ("40", "0")],
               "the statuses 10, 20 and 40, and signal 11",
               f"there are {found or 'none'}; {run.stopped()}")


# ---- 4.6 ----

@test("4.6", SHARES, "page_share")
def each_its_own_value(run: Run) -> None:
    """What one process writes after a fork no other one sees, parent or child."""
    for what, meaning, expected in (
            (100, "the parent's page, in the child", 10), (101, "the child's page, in it", 12),
            (102, "the parent's page, in the parent", 11),
            (103, "the child's page, in the parent", 10), (200, "first child of three", 21),
            (201, "the second child of three", 22), (202, "the parent of three", 23),
            (601, "the fourth in a chain", 64), (604, "the first in a chain", 61),
            (600, "the parent of a chain", 60)):
        run.equal(f"the value ({meaning})", said(run, what, meaning), expected, "{}")


@test("4.6", SHARES, "cow_fault")
def one_copy_a_page(run: Run) -> None:
    """The first write to a shared page takes one frame, and the next ones none."""
    before, once, twice = (free_at(run, n) for n in (1, 2, 3))
    run.equal("frames that the first write takes:", before - once, 1, "{}")
    run.equal("frames that the second one takes:", once - twice, 0, "{}")


@test("4.6", SHARES, "cow_fault")
def the_last_owner_keeps_the_frame(run: Run) -> None:
    """Who writes when nobody else has the page any more writes to the old frame."""
    run.equal("frames that the last owner's write takes:", free_at(run, 4) - free_at(run, 5), 0,
              "{}")
    run.equal("the value that it wrote", said(run, 104, "the last owner's value"), 13, "{}")


@test("4.6", SHARES, "cow_fault")
def no_copy_is_due_any_more(run: Run) -> None:
    """A page that may be written again has no PTE_COPY."""
    for group in run.groups("look"):
        run.equal("pages with both PTE_W and PTE_COPY:", group["writable and PTE_COPY"], 0, "{}")


@test("4.6", SHARES, "cow_fault")
def the_kernel_writes_too(run: Run) -> None:
    """A status that wait4() writes to a shared page is the parent's alone."""
    result_is(run, "wait4() minus the child's PID", said(run, 301, "what wait4() gave"), 0)
    run.equal("the status in the parent", said(run, 302, "the status"), 7 * EXITED)
    run.equal("the same word in the other child", said(run, 300, "its own word"), 30, "{}")


@test("4.6", SHARES, "cow_fault")
def read_only_stays_so(run: Run) -> None:
    """Code is not writable, in a child and for the kernel, although it is shared."""
    result_is(run, "wait4() with its status in the code", said(run, 400, "that"), "EFAULT")
    run.equal("the status of a child that wrote to its code:", said(run, 402, "that"), 11, "{}")


@test("4.6", SHARES, "cow_fault")
def no_frame_for_a_copy(run: Run) -> None:
    """Without a frame for its copy the process that writes dies, and no other."""
    run.equal("the status of the child that wrote", said(run, 502, "the status"), 11, "{}")
    for what, expected in ((503, 50), (504, 52)):
        run.equal("the parent's value", said(run, what, "the parent's value"), expected, "{}")


@test("4.6", SHARES, "page_share")
def all_owners_gone(run: Run) -> None:
    """At the end no frame is lost, and none was freed twice."""
    run.equal("free frames at the end:", run.value("frames at the end"),
              run.value("frames at the start"), "{}")
    run.ended_well()


@test("4.6", SHARES, "page_share")
def shared_until_written(run: Run) -> None:
    """A child's pages are the parent's frames, closed to writes by a page fault."""
    faults = [event.kind == "exception" and event.vector == 14 and event.cpl == 3
              and event.error_code == WROTE_TO_READ_ONLY and (event.rip, event.cr2)
              for event in run.record.events]
    run.expect(any(faults), "page faults with error code 7 from ring 3", "there was none: no page "
               "of a fork was closed to writes")
    run.expect(all(a != b or not a for a, b in zip(faults, faults[1:])), "a write to be possible "
               "after its fault", "it faults again at once")


@test("4.6", MAIN, "page_share")
def fewer_frames(run: Run) -> None:
    """The same family takes far fewer frames when its pages are shared."""
    copied, shared = ([int(n) for n in re.findall(r"which takes (\d+) frames", part)]
                      for part in run.text.partition("\n4.6 ")[::2])
    run.expect(shared and copied and max(shared) * 2 < max(copied),
               "forks that take less than half of the frames of those before",
               f"they took {shared or 'none'}, and before {copied or 'none'}")
