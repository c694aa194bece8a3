"""The likely cause of an end without an exception: a panic of the kernel's own, or
no end at all. Rules as in causes.py.
"""
import re
from typing import Dict, Iterator, List

from ringstep.explain.addresses import broken_list, frame_argument
from ringstep.explain.returns import frame_shifted
from ringstep.explain.scene import Cause, Rule, Scene
from ringstep.explain.waiting import (
    broken_queue, left_over, never_resolved, nobody_is_ready, owner_too_many_dropped)
from ringstep.kernel import layout, paging
from ringstep.kernel.layout import CONSTANTS, STACK_PAGES
from ringstep.machine.record import Registers

TIMER = CONSTANTS.get("VECTOR_TIMER")          # an edition of an earlier lab has none
EXCEPTIONS = CONSTANTS["VECTOR_EXCEPTIONS"]
IF = CONSTANTS["RFLAGS_IF"]
FIRST_IRQ = 8                                   # the BIOS's vector of interrupt line 0


# ---- a panic ----

def leak(s: Scene) -> Iterator[Cause]:
    counts = re.match(r"(\d+) frames are free, before the first process there were (\d+)",
                      s.message)
    if not counts:
        return
    if s.table:
        pids = ", ".join(str(process.pid) for process in s.table)
        function, read = s.asked_for()
        yield Cause(f"all_processes_ended() was called while PID {pids} is in the process table: "
                    f"{function} must end one process, the current one, with process_end()", read)
    lost = int(counts[2]) - int(counts[1])
    for slot, pages in stack_pages(s).items():
        yield Cause(f"{lost} frames were lost: all processes are gone, and of kernel stack {slot} "
                    f"the pages {pages} are still mapped (0 is the guard page, which never is): "
                    + ("free_kernel_stack() was not called" if len(pages) == len(STACK_PAGES) else
                       "the stack that was freed is not the one that was mapped"), "2.5")
    started = max(1, len(set(re.findall(r"^PID (\d+) starts", s.record.text, re.M))))
    each = f", {lost // started} for each process, {whose(lost // started)}" \
        if lost % started == 0 else ""
    yield Cause(f"{lost} frames were never freed{each}", "2.6")


def whose(frames: int) -> str:
    """What takes so many frames for each process."""
    if frames == 1:
        return "as many as a process's record has: process_discard()"
    if frames == len(STACK_PAGES):
        return "as many as a kernel stack has: are its frames freed?"
    return ("no more than the tables below a PML4" if frames < 10 else
            "as many as the pages of a program and its stack, in the user half"
            ) + ": destroy_user_page_table()"


def stack_pages(s: Scene) -> Dict[int, List[int]]:
    """{slot: pages mapped in it}; page 0 is the guard page."""
    found: Dict[int, List[int]] = {}
    stacks = layout.STACKS_ENTRY
    for page in paging.mappings(s.memory, s.kernel_root, stacks, stacks) if s.kernel_root else []:
        slot = layout.stack_slot(page.virtual)
        if slot:
            found.setdefault(slot[0], []).append(slot[1])
    return found


def not_loaded(s: Scene) -> Iterator[Cause]:
    match = re.match(r"cannot load the program (\w+): (-\w+)", s.message)
    if not match:
        return
    what, stacks = f"create_process() or page_map() gave {match[2]} for {match[1]}", stack_pages(s)
    if match[2] == "-EAGAIN":
        yield Cause(f"{what}, \"all stacks are taken\", yet {len(stacks)} of the kernel stacks is "
                    "mapped", "2.5")
    for slot, pages in stacks.items():
        if pages != STACK_PAGES:
            yield Cause(f"{what}: of kernel stack {slot} the pages {pages} are mapped, not 1 to "
                        f"{STACK_PAGES[-1]} (0 is the guard page)", "2.5")
    if any(paging.mappings(s.memory, s.kernel_root, 0, layout.KERNEL_HALF - 1)):
        yield Cause(f"{what}: the kernel's own page table has mappings in the user half; every "
                    "process needs a page table of its own", "2.4")
    yield Cause(f"{what}, though nothing can be mapped there yet: page_table_walk() leads two "
                "addresses to the same entry", "2.2")


def interrupts_on(s: Scene) -> Iterator[Cause]:
    """The interrupt controllers start with vectors of exceptions (8 to 15) until lab 3 moves
    them."""
    for e in s.record.events:
        in_kernel = e.rip is None or e.rip >= layout.USER_END
        if e.kind == "interrupt" and e.vector < EXCEPTIONS and in_kernel:
            yield Cause(f"vector {e.vector} was no exception: the interrupt of line "
                        f"{e.vector - FIRST_IRQ} (0 is the timer) leads there until lab 3 gives "
                        "the interrupt controllers other vectors, and something has set IF: sti, "
                        "or the RFLAGS of a frame", "trouble.md#df-double-fault")


def no_handler(s: Scene) -> Iterator[Cause]:
    if s.message.startswith("interrupt without a handler") and s.record.events:
        last = s.record.events[-1]
        yield Cause(f"`int {last.vector:#x}` came from ring {last.cpl}, and no handler is "
                    "registered for the vector: trap_register()", "3.1")


def panicked(s: Scene) -> Iterator[Cause]:
    if " in ring 3 at rip " in s.message:
        yield Cause(f"{s.message}: that is the program's fault, and the kernel panicked over it; "
                    "process_fault() must end the process only", "3.6")
    function = s.panic["function"] if s.panic else None
    yield Cause(f"{f'{function}()' if function else 'the kernel'} found: {s.message}",
                "trouble.md#a-panic-that-is-no-exception")


# ---- no end ----

def faults_again(s: Scene) -> Iterator[Cause]:
    if len(s.chain) > 10 and s.root.cpl == 3 and "sys_fork" not in s.names:
        yield Cause(f"`{s.op}` at {s.root.rip or 0:#x} in ring 3 faulted {len(s.chain)} times: "
                    "process_fault() has let the program go on, and must end it", "3.6")
    if len(s.chain) > 10:
        yield Cause(f"`{s.op}` in {s.function(s.root.rip)}() faulted {len(s.chain)} times: the "
                    "handler returns and has changed nothing, or faults itself",
                    "trouble.md#it-hangs")


def samples(s: Scene) -> List[Registers]:
    return s.record.samples or [s.registers]


def program_goes_on(s: Scene) -> Iterator[Cause]:
    """A program runs, and nothing ends it."""
    pid = f"PID {s.running.pid}" if s.running else "a program"
    roots = {process.page_table for process in s.table}
    user = [now for now in samples(s) if now.rip is not None and now.rip < layout.USER_END
            and now.cr3 in roots]
    if s.kernel_root and any(now.cpl == 0 for now in user):
        yield Cause(f"{pid} runs in ring 0, in place of ring 3: only iretq leads to ring 3", "3.2")
    ticks = sum(e.vector == TIMER for e in s.record.events)
    calls = [e.registers for e in s.record.events[-50:] if e.cpl == 3 and e.registers]
    if (user or calls) and not ticks and not any((now.rflags or 0) & IF for now in user + calls):
        yield Cause(f"{pid} runs in ring 3 with IF 0, so that the timer cannot interrupt it: "
                    "RFLAGS must have bit 9 set", "3.2")
    if ticks > 30 and s.table and "sys_fork" not in s.names:      # lab 4 ends nobody for that
        yield Cause(f"the timer has interrupted {pid} {ticks} times and it goes on each time: "
                    "timer_tick() must count the slices and end it", "3.5")


def loops(s: Scene) -> Iterator[Cause]:
    now = s.registers
    if now.rip is None:
        return
    stacks = [s.callers(sample) for sample in samples(s)]
    common = [function for function in stacks[-1] if all(function in stack for stack in stacks)]
    if now.halted:
        why = "and no interrupt is to come" if (now.rflags or 0) & IF else "with interrupts off"
        yield Cause(f"the processor stands at hlt {why}"
                    + (f", in {common[0]}()" if common else ""), "trouble.md#it-hangs")
    place = f"{common[0]}()" if common else f"at {now.rip:#x}, {s.name(now.rip)}"
    called = f", called from {common[1]}()" if len(common) > 1 else ""
    yield Cause(f"it goes round in {place}{called}", "trouble.md#it-hangs")


PANICKED: List[Rule] = [interrupts_on, frame_shifted, left_over, owner_too_many_dropped, leak,
                        not_loaded, no_handler, panicked]
ENDLESS: List[Rule] = [frame_argument, never_resolved, faults_again, broken_list, broken_queue,
                       nobody_is_ready, program_goes_on, loops]
