"""Causes in lab 4: processes that wait, zombies, and frames with several owners. Rules as in
causes.py.
"""
import re
from typing import Dict, Iterator, List, Optional

from ringstep.explain.scene import Cause, Scene
from ringstep.kernel import layout, paging
from ringstep.kernel.processes import Process, further_owners, variable

COPY = layout.CONSTANTS.get("PTE_COPY", 0)


def is_shared(page: paging.Mapping) -> bool:
    return bool(page.entries[-1] & COPY)


def listed(processes: List[Process]) -> str:
    return "PID " + ", ".join(str(process.pid) for process in processes)


def owners_missing(s: Scene) -> Iterator[Cause]:
    """More page tables have a frame than owners.c counts owners."""
    found: Dict[int, List[Process]] = {}
    for process in s.table if "owners_further" in s.names else []:
        for page in paging.mappings(s.memory, process.page_table, 0, layout.KERNEL_HALF - 1):
            found.setdefault(page.physical, []).append(process)
    for frame, processes in found.items():
        count = 1 + further_owners(s.names, s.memory, frame)
        if len(processes) > count:
            yield Cause(f"frame {frame:#x} is a page of {listed(processes)}, and the kernel counts "
                        f"{count} owner{'s' if count > 1 else ''} of it: page_share() adds one "
                        "(owners_add()), and cow_fault() drops the one that gets a copy", "4.6")


def owner_too_many_dropped(s: Scene) -> Iterator[Cause]:
    frame = re.match(r"frame (\w+) has one owner, and an owner was dropped", s.message)
    if frame:
        yield from owners_missing(s)
        yield Cause(f"an owner of frame {frame[1]} was dropped, and it has one only: "
                    "owners_further() says whether others have it, and then a copy is needed; the "
                    "last owner keeps the frame", "4.6")


def never_resolved(s: Scene) -> Iterator[Cause]:
    """A write of ring 3 to a shared page, again and again."""
    if len(s.chain) > 10 and s.code & 3 == 3 and s.root.cpl == 3 and s.root.cr2 is not None:
        yield Cause(f"`{s.op}` at {s.root.rip:#x} in ring 3 faulted {len(s.chain)} times: "
                    f"cow_fault() gives 0, and the page at {s.root.cr2:#x} is as read-only as "
                    "before, or the TLB still has it so", "4.6")


def queue_of(s: Scene, name: str) -> Optional[List[int]]:
    """The PIDs in a queue that is a variable of the kernel; None: it is broken."""
    at = variable(s.names, s.memory, name)
    by_address = {process.address: process for process in s.table}
    found: List[int] = []
    while at:
        if at not in by_address or len(found) > len(s.table):
            return None
        found.append(by_address[at].pid)
        at = by_address[at].record["next_in_queue"]
    return found


def zombies_left(zombies: List[Process]) -> Cause:
    return Cause(f"{listed(zombies)}: a zombie for whom nobody will ask. wait4() destroys whom it "
                 "has given, and process_ended() who has no parent, with those of its children "
                 "that have ended", "4.5")


def broken_queue(s: Scene) -> Iterator[Cause]:
    if "sys_fork" not in s.names:
        return
    if queue_of(s, "ready") is None:
        yield Cause("the queue `ready` leads back to itself, or to a record that is gone: somebody "
                    "was put into it twice, or destroyed while in it", s.at_work("4.2"))
    current = variable(s.names, s.memory, "current")
    if current and all(process.address != current for process in s.table):
        yield Cause(f"the record of who runs, at {current:#x}, is not in the process table: "
                    "somebody was destroyed who could still run", s.at_work("4.5"))


def nobody_is_ready(s: Scene) -> Iterator[Cause]:
    """The kernel idles, and everybody waits for somebody else."""
    if "next_ready" not in s.callers(s.registers) or not s.table:
        return
    ready = queue_of(s, "ready") or []
    lost = [p for p in s.table if p.state == "ready" and p.pid not in ready]
    if lost:
        yield Cause(f"{listed(lost)}: PROCESS_READY, and not in the queue `ready`; task_ready() "
                    "sees to both", s.at_work("4.2"))
    zombies = [p for p in s.table if p.state == "zombie"]
    unheard = [p for p in zombies for parent in s.table if parent.address == p.record["parent"]
               and "child_ended" in s.waits_for(parent)]
    if unheard:
        yield Cause(f"{listed(unheard)}: ended, and the parent waits in child_ended; "
                    "process_ended() wakes it, and wait4() finds who has ended", "4.5")
    waiting = "; ".join(f"PID {p.pid} waits in {s.waits_for(p) or 'no queue that it names'}"
                        for p in s.table if p.state == "waiting")
    if waiting:
        yield Cause(f"nobody is ready, and nobody comes to call wake_up(): {waiting}", "4.2")
    if zombies:
        yield zombies_left(zombies)


def left_over(s: Scene) -> Iterator[Cause]:
    """The scheduler found nobody to run, and the frames are not what they were."""
    counts = re.match(r"(\d+) frames are free, before the first process there were (\d+)",
                      s.message)
    if not counts or "sys_fork" not in s.names:
        return
    more = int(counts[1]) - int(counts[2])
    if more > 0:
        yield Cause(f"{more} frames more are free than before the first process: frames were freed "
                    "once by each process that had them. page_share() adds an owner, and nobody "
                    "frees a frame that has further ones", "4.6")
    zombies = [process for process in s.table if process.state == "zombie"]
    if zombies:
        yield zombies_left(zombies)
    if s.table:
        yield Cause(f"{listed(s.table)}: {s.table[0].state}, and the kernel takes them for gone; "
                    "next_ready() gives NULL when there is no process at all", s.at_work("4.2"))
    counted = [frame for frame in range(0, s.memory.size, layout.PAGE)
               if further_owners(s.names, s.memory, frame)]
    if counted:
        yield Cause(f"all processes are gone, and {len(counted)} frames (the first is "
                    f"{counted[0]:#x}) still have further owners: each owners_add() wants its "
                    "owners_drop()", "4.6")
