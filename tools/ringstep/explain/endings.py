"""The likely cause of an end without an exception: a panic of the kernel's own, or
no end at all. Rules as in causes.py.
"""
import re

from ringstep.explain.returns import frame_shifted
from ringstep.kernel import layout, paging
from ringstep.kernel.layout import CONSTANTS

TIMER = CONSTANTS.get("VECTOR_TIMER")          # an edition of an earlier lab has none


def leak(s):
    counts = re.match(r"(\d+) frames are free, before the first process there were (\d+)", s.panic["message"])
    if not counts:
        return None
    if s.table:
        pids = ", ".join(str(p.pid) for p in s.table)
        return (f"all_processes_ended() was called while PID {pids} is in the process table: timer_tick() or a fault "
                "must end one process, with process_end()", "lab3.md#exercise-35-timer_tick")
    lost, each = int(counts[2]) - int(counts[1]), ""
    started = max(1, len(set(re.findall(r"^PID (\d+) starts", s.record.text, re.M))))
    left = stack_pages(s)
    if left:
        slot, pages = next(iter(left.items()))
        return (f"{lost} frames were lost: all processes are gone, and of kernel stack {slot} the pages {pages} are "
                "still mapped (0 is the guard page, which never is): "
                + ("free_kernel_stack() was not called" if len(pages) == 4 else
                   "the stack that was freed is not the one that was mapped"),
                "lab2.md#exercise-25-allocate_kernel_stack-allocate_user_stack")
    if lost % started == 0:
        each = lost // started
        whose = {1: "as many as a process's record has: process_discard()",
                 4: "as many as a kernel stack has: are its frames freed?"}.get(
            each, "no more than the tables below a PML4: destroy_user_page_table()" if each < 10 else
            "as many as the pages of a program and its stack, in the user half: destroy_user_page_table()")
        each = f", {each} for each process, {whose}"
    return f"{lost} frames were never freed{each}", "lab2.md#exercise-26-create_process-destroy_process"


def stack_pages(s):
    """{slot: pages mapped in it}; page 0 is the guard page."""
    found = {}
    for page in paging.mappings(s.memory, s.kernel_root, 256, 256) if s.kernel_root else []:
        slot = layout.stack_slot(page.virtual)
        if slot:
            found.setdefault(slot[0], []).append(slot[1])
    return found


def not_loaded(s):
    match = re.match(r"cannot load the program (\w+): (-\w+)", s.panic["message"])
    if not match:
        return None
    what, stacks = f"create_process() or page_map() gave {match[2]} for {match[1]}", stack_pages(s)
    read = "lab2.md#exercise-25-allocate_kernel_stack-allocate_user_stack"
    if match[2] == "-EAGAIN":
        return f"{what}, \"all stacks are taken\", yet {len(stacks)} of the kernel stacks is mapped", read
    for slot, pages in stacks.items():
        if pages != [1, 2, 3, 4]:
            return f"{what}: of kernel stack {slot} the pages {pages} are mapped, not 1 to 4 (0 is the guard page)", read
    if any(paging.mappings(s.memory, s.kernel_root, 0, 255)):
        return (f"{what}: the kernel's own page table has mappings in the user half; every process needs a page table "
                "of its own", "lab2.md#exercise-24-create_user_page_table-destroy_user_page_table")
    return (f"{what}, though nothing can be mapped there yet: page_table_walk() leads two addresses to the same entry",
            "lab2.md#exercise-22-page_table_walk")


def interrupts_on(s):
    """The interrupt controllers start with vectors of exceptions (8 to 15) until lab 3 moves them."""
    stray = next((e for e in s.record.events if e.kind == "interrupt" and e.vector < 32 and (e.rip or 1 << 63) >> 63), None)
    if stray:
        return (f"vector {stray.vector} was no exception: the interrupt of line {stray.vector - 8} (0 is the timer) leads there "
                "until lab 3 gives the interrupt controllers other vectors, and something has set IF: sti, or the RFLAGS of a "
                "frame", "trouble.md#df-double-fault")


def no_handler(s):
    match = re.match(r"interrupt without a handler", s.panic["message"])
    last = s.record.events[-1] if s.record.events else None
    if match and last:
        return (f"`int {last.vector:#x}` came from ring {last.cpl}, and no handler is registered for the vector: "
                "trap_register()", "lab3.md#exercise-31-syscall_init-process_activate")


def panicked(s):
    who = f"{s.panic['function']}()" if s.panic["function"] else "the kernel"
    return f"{who} found: {s.panic['message']}", "trouble.md#a-panic-that-is-no-exception"


def faults_again(s):
    if len(s.chain) > 10:
        return (f"`{s.op}` in {s.function(s.root.rip)}() faulted {len(s.chain)} times: the handler returns and has changed "
                "nothing, or faults itself", "trouble.md#it-hangs")


def loops(s):
    now = s.registers
    if not now or now.rip is None:
        return None
    pid = next((f"PID {p.pid}" for p in s.table if p.page_table == now.cr3), "a program")
    roots = {p.page_table for p in s.table}
    user = [r for r in s.record.samples or [now] if r.rip is not None and r.rip < layout.USER_END and r.cr3 in roots]
    if s.kernel_root and user and any(r.cpl == 0 for r in user):
        return (f"{pid} runs in ring 0, in place of ring 3: only iretq leads to ring 3", "lab3.md#exercise-32-jump_to_usermode")
    ticks = sum(e.vector == TIMER for e in s.record.events)
    calls = [e.registers for e in s.record.events[-50:] if e.cpl == 3 and e.dump]
    if (user or calls) and not any(r.rflags & 0x200 for r in user + calls) and not ticks:
        return (f"{pid} runs in ring 3 with IF 0, so that the timer cannot interrupt it: RFLAGS must have bit 9 set",
                "lab3.md#exercise-32-jump_to_usermode")
    if ticks > 30 and s.table:
        return (f"the timer has interrupted {pid} {ticks} times and it goes on each time: timer_tick() must count the "
                "slices and end it", "lab3.md#exercise-35-timer_tick")
    stacks = [s.callers(r) for r in s.record.samples or [now]]
    common = [f for f in stacks[-1] if all(f in stack for stack in stacks)]
    if now.halted:
        where = f", in {common[0]}()" if common else ""
        why = "and no interrupt is to come" if now.rflags and now.rflags & 0x200 else "with interrupts off"
        return f"the processor stands at hlt {why}{where}", "trouble.md#it-hangs"
    place = f"{common[0]}()" if common else f"at {now.rip:#x}, {s.name(now.rip)}"
    called = f", called from {common[1]}()" if len(common) > 1 else ""
    return f"it goes round in {place}{called}", "trouble.md#it-hangs"


PANICKED = [interrupts_on, frame_shifted, leak, not_loaded, no_handler, panicked]
ENDLESS = [faults_again, loops]
