"""The commands trapframe, ps, ring, why and code: what is going on."""
import os
from typing import Any, Dict, List, Optional

import gdb
from gdb_machine import C, Machine, Symbols, command, number, objdump, registers, stubs

from ringstep.explain import postmortem
from ringstep.explain.scene import Scene
from ringstep.kernel import decode, layout
from ringstep.kernel.contract import contract
from ringstep.machine.qemu_log import parse_events
from ringstep.machine.record import PUSH_ERROR_CODE, Event, Record

TRAP_FRAME = contract().structure("trap_frame")
FRAME = layout.TRAP_FRAME                   # its fields, from the lowest address up
VECTOR, RIP = FRAME.index("vector"), FRAME.index("rip")
PUSHED = (("the processor", FRAME[:RIP - 1:-1]), ("the stub", FRAME[RIP - 1:VECTOR - 1:-1]),
          ("trap_entry", FRAME[VECTOR - 1::-1]))
IF, KERNEL_LOADED = C["RFLAGS_IF"], 0x100000


def on(flag: int) -> str:
    return "on" if flag else "off"


@command("trapframe", 1)
def trapframe(address: Optional[str] = None) -> None:
    """trapframe [ADDRESS]: the trap frame that the kernel works on, and who pushed what."""
    m = Machine()
    at = find_frame(m) if address is None else number(address)
    if at is None:
        raise gdb.GdbError("no trap is being handled here; `trapframe ADDRESS` decodes any place")
    values, here, rip = frame_at(m, at), stubs(), m.registers.rip
    if address is None and rip in here:                     # the stub has not pushed it yet
        values["vector"] = here.index(rip)
    vector, below = values["vector"], m.registers["rsp"] - at
    error = decode.error_code(vector, values["error_code"]) if vector in PUSH_ERROR_CODE else ""
    missing = max(0, below // 8) if below < TRAP_FRAME.size else 0
    print(f"trap frame at {at:#x} ({m.name(at)}): {decode.vector(vector)}"
          + (f", {error}" if error else ""))
    for part, names in PUSHED:
        print(f"  pushed by {part}:")
        shown = [f"{name} {values[name]:#x}" if FRAME.index(name) >= missing else
                 f"{name} (not yet)" for name in names]
        for first in range(0, len(shown), 5):
            print("    " + "  ".join(shown[first:first + 5]))
    print(f"  it came from ring {values['cs'] & 3}, {m.symbol(values['rip'])}; interrupts were "
          + on(values["rflags"] & IF))


def frame_at(m: Machine, address: int) -> Dict[str, int]:
    return TRAP_FRAME.read(m.read(address, TRAP_FRAME.size))


def find_frame(m: Machine) -> Optional[int]:
    """The innermost trap frame: a variable of that type up the stack, or the top of
    a process's kernel stack."""
    frame: Optional[gdb.Frame] = gdb.newest_frame()
    while frame:
        try:
            value = frame.read_var("frame")
            if str(value.type).replace("const ", "").startswith("struct trap_frame *"):
                return int(value)
        except (ValueError, gdb.error):
            pass
        frame = frame.older()
    slot = layout.stack_slot(m.registers["rsp"]) if m.registers.cpl == 0 else None
    if slot:
        return layout.STACK_BASE + (slot[0] + 1) * layout.SLOT - TRAP_FRAME.size
    return None


@command("ps")
def ps() -> None:
    """ps: the process table. `*` stands before the process whose page table is in CR3."""
    m = Machine()
    if not m.table:
        raise gdb.GdbError("the process table is empty")
    print("   PID  state     CR3         kernel stack        slices  starts or goes on at")
    for p in m.table:
        rip, cs = p.record["registers.rip"], p.record["registers.cs"]
        print(f" {'*' if p.page_table == m.cr3 else ' '} {p.pid:<4} {p.state:<9} "
              f"{p.page_table:#010x}  {p.kernel_stack:#x}  {p.record['slices']:<6}  {rip:#x}, "
              f"ring {cs & 3}")


@command("ring")
def ring() -> None:
    """ring: the ring, the mode, interrupts, which process, and on which stack."""
    m = Machine()
    r, process, flag = m.registers, m.running, (m.registers.rflags or 0) & IF
    print(f"ring {r.cpl}, {r.bits}-bit code, paging {on(m.paging)}, interrupts {on(flag)} "
          f"(IF {int(flag > 0)}), CS {r.segments['cs'].selector:#x}, "
          f"SS {r.segments['ss'].selector:#x}")
    if m.paging and r.rip is not None:
        print(f"rip {r.rip:#x}: {m.symbol(r.rip)}\nrsp {r['rsp']:#x}: {m.stack()}")
        whose = f"the page table of PID {process.pid}" if process else \
            "the kernel's own" if m.cr3 == m.kernel_root else \
            "the boot code's, or unknown"
        print(f"CR3 {m.cr3:#x}: {whose}")


def recorded() -> List[Event]:
    """The events that QEMU has logged for this session, or []."""
    try:
        with open(os.environ.get("RINGSTEP_LOG", ""), "rb") as file:
            return parse_events(file.read(32 << 20).decode("ascii", "replace"))
    except OSError:
        return []


def event_of(m: Machine, frame: Dict[str, int]) -> Event:
    """The exception that a trap frame is of."""
    vector = frame["vector"]
    rip = frame["rip"] - (vector == C["VECTOR_BP"])         # a trap: RIP is behind the int3
    return Event("exception", vector, frame["error_code"], frame["cs"] & 3, frame["cs"], rip,
                 frame["ss"], frame["rsp"], m.registers.cr2 if vector == C["VECTOR_PF"] else None)


@command("why")
def why() -> None:
    """why: the last exception explained: the chain, what is at fault, and the likely cause."""
    m = Machine()
    events = recorded()
    if not any(e.kind == "exception" for e in events):
        at = find_frame(m)
        if at is None:
            raise gdb.GdbError("there was no exception yet")
        events = [event_of(m, frame_at(m, at))]
    while events[-1].kind != "exception":
        events.pop()
    record = Record("qemu", "triple-fault", events=events, registers=m.registers, memory=m.memory)
    print(*postmortem.explained(Scene(record, None, Symbols())).lines(), sep="\n")


@command("code", 2)
def code(address: str = "$pc", count: str = "8") -> None:
    """code [ADDRESS] [COUNT]: instructions as what they are now: 16-, 32- or 64-bit."""
    r, at, rip = registers(), number(address), number("$pc")
    segment = (r.segments["cs"].base or 0) if r.bits == 16 else 0
    at += segment if address == "$pc" else 0
    data = bytes(gdb.selected_inferior().read_memory(at, 15 * number(count)))
    for where, text in objdump(data, at, r.bits)[:number(count)]:
        print(f"{'=>' if where == segment + rip else '  '} {where:#x}:\t{text}")


try:
    import gdb.disassembler

    class Modes(gdb.disassembler.Disassembler):
        """x/i and disassemble show 16- and 32-bit code as what it is (GDB 13 and later)."""

        def __init__(self) -> None:
            super().__init__("ringstep")

        def __call__(self, info: Any) -> Any:
            if info.address >= KERNEL_LOADED:       # 64-bit, the programs too: no question asked
                return None
            bits = registers().bits
            if bits == 64:
                return None
            data = bytes(info.read_memory(15, 0))
            (_, text), *more = objdump(data, info.address, bits) or [(0, "(bad)")]
            length = more[0][0] - info.address if more else 1
            return gdb.disassembler.DisassemblerResult(length, text)
    gdb.disassembler.register_disassembler(Modes())
except ImportError:
    pass                                                # the command `code` is there
