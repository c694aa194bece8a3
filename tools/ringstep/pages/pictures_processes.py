"""The handouts' pictures of processes that wait and multiply (lab 4)."""
from typing import Iterable, Tuple

from ringstep.pages.svg import Picture

Point = Tuple[int, int]
Step = Tuple[Tuple[Point, ...], str, Point]     # an arrow, its words, and where they stand


def switch() -> Picture:
    p = Picture("Two kernel stacks, before and after a switch")
    waits = [("trap frame", "used"), ("syscall_trap()", "kernel"), ("sys_wait4()", "kernel"),
             ("sleep_on()", "kernel"), ("", ""), ("guard page", "guard")]
    runs = [("trap frame", "used"), ("", ""), ("", ""), ("", ""), ("", ""), ("guard page", "guard")]
    for x, title, first in ((20, "PID 1 calls wait_switch()", True), (380, "PID 2 runs", False)):
        p.text(x, 26, title, weight="bold")
        p.text(x, 48, "kernel stack of PID 1", size=11)
        p.text(x + 180, 48, "kernel stack of PID 2", size=11)
        p.stack(x, 56, waits, 150)
        p.stack(x + 180, 56, [("", "")] * 5 + [("guard page", "guard")] if first else runs, 150)
    p.arrow((190, 140), (172, 140))
    p.text(176, 158, "RSP", size=11)
    p.arrow((550, 92), (558, 68))
    p.text(530, 112, "RSP", size=11)
    p.box(20, 224, 330, 60, "record of PID 1: RIP behind the call,\n"
          "RSP, rbx, rbp, r12–r15, CS and SS of ring 0", "cpu", 12)
    p.box(380, 224, 330, 60, "the same record: what was on the stack\nof PID 1 is still there",
          "cpu", 12)
    p.lines(20, 308, (
        "To go on, the scheduler copies the frame in the record and returns with iretq: RSP is",
        "where it was, and wait_switch() returns to sleep_on() as if nothing had been."), 18)
    return p


def arrows(p: Picture, steps: Iterable[Step]) -> None:
    for points, words, at in steps:
        p.arrow(*points)
        p.text(*at, words, size=12)


def states() -> Picture:
    p = Picture("The states of a process")
    for x, y, name in ((20, 110, "new"), (170, 110, "ready"), (400, 110, "running"),
                       (400, 250, "waiting"), (590, 110, "zombie")):
        p.box(x, y, 110, 44, name, "used")
    p.box(590, 250, 110, 44, "gone", "off")
    arrows(p, (
        (((130, 132), (168, 132)), "process_load(), fork", (20, 96)),
        (((280, 124), (398, 124)), "next_ready()", (296, 114)),
        (((398, 144), (282, 144)), "a tick, sched_yield", (286, 164)),
        (((440, 154), (440, 248)), "sleep_on()", (448, 205)),
        (((398, 272), (225, 272), (225, 156)), "wake_up()", (270, 264)),
        (((510, 132), (588, 132)), "ends", (532, 122)),
        (((645, 154), (645, 248)), "wait4()", (652, 205)),
        (((480, 154), (588, 262)), "ends, and has no parent", (500, 310)),
    ))
    p.lines(20, 40,
            ("One process at most is running. Who is ready stands in one queue, and who waits in",
             "the queue of what it waits for. A zombie has ended, and keeps its status."), 18)
    return p


def sharing() -> Picture:
    p = Picture("Two page tables that share a frame")
    for x, title in ((20, "after fork"), (380, "after a write by the child")):
        p.text(x, 26, title, weight="bold")
        p.text(x, 54, "page table of the parent", size=11)
        p.text(x, 154, "page table of the child", size=11)
    for x, y, words, kind in ((20, 62, "P U  PTE_COPY", "used"), (20, 162, "P U  PTE_COPY", "used"),
                              (380, 62, "P U  PTE_COPY", "used"), (380, 162, "P W U", "user")):
        p.box(x, y, 150, 34, words, kind, 12, mono=True)
    p.box(240, 105, 100, 50, "frame\n1 further owner", "kernel", 11)
    p.box(600, 54, 100, 50, "frame\nno further owner", "kernel", 11)
    p.box(600, 154, 100, 50, "its copy", "user", 11)
    p.arrow((170, 79), (238, 120))
    p.arrow((170, 179), (238, 140))
    p.arrow((530, 79), (598, 79))
    p.arrow((530, 179), (598, 179))
    p.lines(20, 236, (
        "Without W each write is a #PF with error code 7 (in ring 0: 3). PTE_COPY says that the",
        "page is not read-only for good. When the parent writes, nobody else has its frame any",
        "more: it gets W back, and nothing is copied."), 18)
    return p


DRAWINGS = (switch, states, sharing)
