"""What lab 4's kernel must have done to wait and to go on."""
import re

from grading.lab4.shared import MAIN, SLEEPERS, SWITCHES, lists_after
from ringstep.grading.harness import Run, test

MUST_SURVIVE = "rbx rbp r12 r13 r14 r15".split()


# ---- 4.1 ----

@test("4.1", SWITCHES, "wait_switch")
def registers_survive_a_wait(run: Run) -> None:
    """rbx, rbp, rsp and r12 to r15 are the same when wait_switch() returns."""
    for group in run.groups("goes on as", 6):
        for name in MUST_SURVIVE:
            run.expect(group[name] == 0, f"{name} as it was before wait_switch()",
                       f"bits {group[name]:#x} of it have changed")
        run.equal("RSP after wait_switch()", group["rsp after"], group["rsp before"])


@test("4.1", SWITCHES, "wait_switch")
def others_run_meanwhile(run: Run) -> None:
    """While one process waits in its system call, the other one runs."""
    order = [(name.split()[0], value) for name, value in run.observed
             if name in ("leaves as", "goes on as")]
    expected = [("leaves", 1), ("leaves", 2)] + [
        step for _ in range(2) for step in (("goes", 1), ("leaves", 1), ("goes", 2), ("leaves", 2))
    ] + [("goes", 1), ("goes", 2)]
    run.expect(order == expected, "both to leave and to go on in turns",
               "the order was " + ", ".join(f"{pid} {word}" for word, pid in order))


@test("4.1", SWITCHES, "wait_switch")
def own_stack_and_page_table(run: Run) -> None:
    """A process goes on on its own kernel stack, in its own page table, with its words on it."""
    for group in run.groups("goes on as", 6):
        run.equal("CR3 to be the process's own:", group["CR3"], group["page table"])
        run.equal("RSP0 to be the process's own:", group["RSP0"], group["kernel stack"])
        run.equal("words on the waiting stack that have changed:", group["words changed"], 0, "{}")
        run.equal("the frame of the system call on its own stack:",
                  group["frame on its own stack"], 1, "{}")


@test("4.1", SWITCHES, "wait_switch")
def kernel_state(run: Run) -> None:
    """A process goes on in ring 0 with IF clear, in the kernel's segments."""
    for group in run.groups("goes on as", 6):
        run.equal("IF, DF, TF and IOPL in RFLAGS:", group["rflags after"] & 0x7700, 0)
        run.equal("CS", group["CS"], run.constant("SELECTOR_KERNEL_CODE"))
        run.equal("SS", group["SS"], run.constant("SELECTOR_KERNEL_DATA"))
    run.ended_well()


@test("4.1", MAIN, "wait_switch")
def programs_give_way(run: Run) -> None:
    """Two programs that call sched_yield print in turns."""
    lines = re.findall(r"^\[Yield Test\] PID (\d): (\d)$", run.text, re.M)
    expected = [(pid, line) for line in "123" for pid in "12"]
    run.expect(lines == expected, "the six lines of yield_test, PID 1 and PID 2 in turns",
               f"there are {lines or 'none'}; {run.stopped()}")


# ---- 4.2 ----

@test("4.2", SLEEPERS, "sleep_on")
def who_waits_is_in_the_queue(run: Run) -> None:
    """sleep_on() puts the task at the end of its queue, as PROCESS_WAITING, and others run."""
    queue, other, ready = lists_after(run, "before wake_up")
    run.expect((queue, other) == ([1, 2], [3]), "PIDs 1, 2 in one queue and 3 in the other",
               f"there are {queue} and {other}")
    run.expect(ready == [], "nobody who waits to be ready", f"{ready} are")
    for group in run.groups("task")[:3]:
        pid = group["task"]
        run.equal(f"PID {pid} to be waiting:", group["state"],
                  run.constant("PROCESS_WAITING"), "{}")
        which = "waits in the other queue" if pid == 3 else "waits in queue"
        run.equal(f"waits_in of PID {pid} to name its queue:", group[which], 1, "{}")


@test("4.2", SLEEPERS, "wake_up")
def the_first_one_first(run: Run) -> None:
    """wake_up() makes all of the queue ready, in the order in which they came, and no others."""
    queue, other, ready = lists_after(run, "after wake_up")
    run.expect(ready == [1, 2], "PIDs 1, 2 to be ready, in this order", f"it is {ready}")
    run.expect((queue, other) == ([], [3]), "an empty queue, and PID 3 in the other one",
               f"there are {queue} and {other}")
    for group in run.groups("task")[3:5]:
        run.equal(f"PID {group['task']} to be ready:", group["state"],
                  run.constant("PROCESS_READY"), "{}")
    again = lists_after(run, "after a second one")
    run.expect(again == [queue, other, ready], "a wake_up() of an empty queue to change nothing",
               f"the queues and `ready` are {again} after it")


@test("4.2", SLEEPERS, "next_ready")
def first_ready_first_to_run(run: Run) -> None:
    """Who has been ready for longest runs next; each goes on where it slept."""
    for name in ("sleeps", "goes on"):
        order = run.values(name)
        run.expect(order == [1, 2, 3], f"PIDs 1, 2, 3 in the order of \"{name}\"", f"it is {order}")
    run.expect(run.values("as PID") == [1, 2, 3], "each to go on as itself",
               f"they go on as {run.values('as PID')}")


@test("4.2", SLEEPERS, "next_ready")
def processor_halts(run: Run) -> None:
    """While nobody is ready the processor halts, and an interrupt that is pending is not lost."""
    run.expect(run.values("interrupt") == [1, 2], "two interrupts while the kernel idles",
               f"there were {len(run.values('interrupt'))}")
    for group in run.groups("interrupt"):
        run.equal("the interrupt to come in ring", group["in ring"], 0, "{}")
        before, = run.image(group["it came at"] - 1, 1)
        run.equal("the instruction before which the interrupt came to follow a hlt, 0xf4:",
                  before, 0xF4)


@test("4.2", SLEEPERS, "sleep_on")
def no_interrupt_on_the_way(run: Run) -> None:
    """An interrupt that is pending when a task goes to sleep waits for ring 3."""
    rings = run.values("interrupt before that in ring", 1)
    run.equal("the interrupt to come in ring", rings[0], 3, "{}")


@test("4.2", SLEEPERS, "next_ready")
def interrupts_off_again(run: Run) -> None:
    """After an idle time the kernel goes on with IF clear; NULL says that nobody is left."""
    run.expect(not any(run.values("IF after it", 3)), "IF clear in the kernel after a sleep",
               "it was set")
    run.equal("no process when next_ready() gives NULL:", run.value("nobody is left"), 1, "{}")
    run.ended_well()


@test("4.2", MAIN, "sleep_on")
def sleepers_wake_in_order(run: Run) -> None:
    """Three programs wake in the order of their times."""
    slept = re.findall(r"^\[Sleep Test\] PID (\d+) is awake after (\d+) ms$", run.text, re.M)
    times = [int(time) for _, time in slept]
    run.expect(len(times) == 3 and times == sorted(times), "three programs that wake, the "
               "one with the shortest time first", f"they are {slept or 'none'}; {run.stopped()}")
