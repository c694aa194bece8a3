"""The commands processes and owners: who waits for what, and who shares a frame (lab 4)."""
from typing import Optional

import gdb
from gdb_machine import C, Machine, command, number, physically, pids

from ringstep.kernel import layout, paging
from ringstep.kernel.processes import Process, further_owners
from ringstep.machine.record import Registers


@command("processes", 1, pids)
def listed(pid: Optional[str] = None) -> None:
    """processes [PID]: what each process waits for, and where its kernel stack stands. With PID:
    the calls in which that one waits, as `bt` has those of the running one."""
    m = Machine()
    if not m.table:
        raise gdb.GdbError("the process table is empty")
    if pid:
        calls(m, next((p for p in m.table if p.pid == number(pid)), None), pid)
        return
    parents = {p.address: p.pid for p in m.table}
    print("   PID  parent  state    waits for                  kernel stack")
    for p in m.table:
        mark, parent = "*" if p.page_table == m.cr3 else " ", parents.get(p.record.get("parent", 0))
        print(f" {mark} {p.pid:<4} {parent or '-':<7} {p.state:<8} {m.waits_for(p) or '-':<26} "
              + stands(m, p))


def stands(m: Machine, process: Process) -> str:
    """What is on a process's kernel stack."""
    here = m.registers["rsp"] if process.state == "running" and m.registers.cpl == 0 else \
        process.record["registers.rsp"]
    used = process.kernel_stack - here
    if process.state in ("zombie", "dead"):
        return "not needed any more"
    if not 0 < used <= C["KERNEL_STACK_SIZE"]:
        return "empty: in ring 3" if process.state == "running" else "empty: goes on in ring 3"
    where = "in use" if process.state == "running" else m.symbol(process.record["registers.rip"])
    return f"at {here:#x}, {used} bytes: {where}"


def calls(m: Machine, process: Optional[Process], pid: str) -> None:
    if not process:
        raise gdb.GdbError(f"there is no PID {pid}; `processes` lists them")
    record, state = process.record, process.state
    if state == "running":
        raise gdb.GdbError(f"PID {pid} runs: `bt` shows its calls")
    if record["registers.cs"] & 3 or state in ("zombie", "dead", "new"):
        raise gdb.GdbError(f"PID {pid} waits in no call: it is {state}, "
                           + stands(m, process).partition(": ")[2])
    saved = Registers({"rbp": record["registers.rbp"]}, record["registers.rip"], None, 0, cr3=m.cr3)
    places = m.places(saved)
    for level, (place, line) in enumerate(zip(places, m.symbols.lines(places))):
        print(f"#{level}  {m.symbol(place)}" + (f" at {line[0]}:{line[1]}" if line else ""))


@command("owners", 1)
def owners(frame: Optional[str] = None) -> None:
    """owners FRAME: the processes that map a frame, where and how, and how many owners the kernel
    counts. FRAME is a physical address."""
    if frame is None:
        raise gdb.GdbError("owners wants a physical address; `pt ADDRESS` gives that of a page")
    m, at, last = Machine(), number(frame) & paging.ADDRESS, layout.KERNEL_HALF - 1
    with physically():
        found = [(process, page) for process in m.table
                 for page in paging.mappings(m.memory, process.page_table, 0, last)
                 if page.physical == at]
    for process, page in found:
        shared = ", PTE_COPY" if page.entries[-1] & C.get("PTE_COPY", 0) else ""
        print(f"  PID {process.pid:<3} {page.virtual:#018x}  {page.permissions}{shared}  "
              f"({m.name(page.virtual)})")
    counted = 1 + further_owners(m.names, m.memory, at)
    print(f"  frame {at:#x}: {len(found)} in the user halves of processes, the kernel counts "
          f"{counted}" + ("   <-- wrong" if found and len(found) != counted else ""))
