"""How lab 3's kernel must have let the programs take turns."""
import re

from grading.lab3.shared import MAIN, SLICES, TIMERS
from ringstep.grading.harness import test


# ---- 3.5 ----

@test("3.5", TIMERS, "timer_tick")
def timer_interrupts_ring_3(run):
    """A program that makes no system call is interrupted, then taken off the CPU."""
    run.start("spin")
    ticks = [e for e in run.exceptions(run.constant("VECTOR_TIMER"), "interrupt") if e.cpl == 3]
    run.expect(
        len(ticks) >= run.constant("SLICES_MAX"),
        f"{run.constant('SLICES_MAX')} interruptions of ring 3",
        f"there were {len(ticks)}; {run.stopped()}")
    lines = re.findall(r"^PID 1 has used.*$", run.text, re.M)
    expected = f"PID 1 has used up its {run.constant('SLICES_MAX')} time slices"
    run.expect(lines == [expected], f'the line "{expected}", once',
               f'it is "{lines[0]}"' + (f", and {len(lines) - 1} more" if lines[1:] else "")
               if lines else run.stopped())


@test("3.5", SLICES, "timer_tick")
def each_has_its_slices(run):
    """Each process is interrupted SLICES_MAX times; each time schedule() says who goes on."""
    slices, ticks = run.constant("SLICES_MAX"), [
        group["tick in PID"] for group in run.groups("tick in PID")
    ]
    run.expect(not run.values("timer_tick returned"),
               "timer_tick() to end in schedule() or process_end()", "it returned to its caller")
    run.expect(
        ticks[:8] == [2, 2, 2, 1, 2, 1, 2,
                      1], "PID 1 to go on once it may run, after three slices of PID 2, "
        "and then one after the other",
        f"the first slices were those of PID {', '.join(map(str, ticks[:8]))}")
    for pid in (1, 2):
        run.expect(
            ticks.count(pid) == slices, f"{slices} slices for PID {pid}",
            f"it got {ticks.count(pid)}")
        counts = [
            group["rbx"] for group in run.groups("tick in PID") if group["tick in PID"] == pid
        ]
        back = next((pair for pair in zip(counts, counts[1:]) if pair[0] > pair[1]), None)
        run.expect(not back, f"PID {pid} to go on where it was interrupted",
                   back and f"RBX, which it counts up, was {back[0]:#x} and then {back[1]:#x}")


@test("3.5", TIMERS, "timer_tick")
def programs_take_turns(run):
    """The next program has its turn while the one that was interrupted has not ended yet."""
    run.start("exit_pid")
    slices, ticks = run.constant("SLICES_MAX"), 0
    for event in run.record.events:
        ticks += (event.vector, event.kind, event.cpl) == (run.constant("VECTOR_TIMER"),
                                                           "interrupt", 3)
        if event.kind == "software" and event.cpl == 3:         # spin.c makes no system call
            break
    run.expect(0 < ticks < slices,
               f"exit_pid.c to run before spin.c has been interrupted {slices} times",
               f"it came after {ticks} interruptions")


@test("3.5", TIMERS, "timer_tick")
def interrupted_registers(run):
    """An interrupted program goes on with all its registers and its flags as they were."""
    reports = run.reports("spin")
    run.expect(
        2 not in reports,
        "RFLAGS of spin.c with DF and IF set, and IOPL 0, after an interruption as before it",
        f"of these bits it has {reports.get(2, 0):#x} after it")
    run.expect(not reports, "no register of spin.c changed by an interruption",
               "it found one with another value")
    run.expect(run.exceptions(run.constant("VECTOR_TIMER"), "interrupt"),
               "interruptions by the timer", "there were none")


@test("3.5", TIMERS, "timer_tick")
def kernel_goes_on(run):
    """After a program was taken off the CPU the kernel goes on, and shuts down after the last."""
    run.start("exit_pid")
    run.ended_well()


@test("3.5", MAIN, "timer_tick")
def loop_program(run):
    """The loop program prints until it is taken off the CPU; others run in between."""
    lines = re.findall(r"^\[Ring 3 Loop\] still running: (\d+)$", run.text, re.M)
    run.expect(lines.count("1") < 2, "the loop program's lines, counting up",
               f"there are {lines.count('1')} that say 1: it begins anew after each interruption")
    run.expect(
        len(lines) >= 2 and lines == [str(n + 1) for n in range(len(lines))],
        "the loop program's lines, counting up",
        f"they count {', '.join(lines[:12])}; {run.stopped()}")
    run.expect("PID 2 has used up its" in run.text,
               'the line "PID 2 has used up its … time slices"', run.stopped())
    run.start("ring3_privilege_test")
    run.expect("PID 3 starts" in run.text.split("PID 2 has used up its")[0],
               "ring3_privilege_test to start while the loop program has not ended yet",
               "it starts after it")
