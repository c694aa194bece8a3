"""The commands trapframe, ps, ring, why and code: what is going on."""
import os

import gdb
from gdb_machine import C, Machine, Symbols, command, number, objdump, registers, stubs

from ringstep.explain import postmortem
from ringstep.explain.scene import Scene
from ringstep.kernel import decode, layout
from ringstep.machine.qemu_log import parse_events
from ringstep.machine.record import PUSH_ERROR_CODE, Event, Record

FRAME = layout.TRAP_FRAME


@command("trapframe", 1)
def trapframe(address=None):
    """trapframe [ADDRESS]: the trap frame that the kernel works on, and who pushed what."""
    m = Machine()
    if address is None:
        at = find_frame(m)
        if at is None:
            raise gdb.GdbError("no trap is being handled here; `trapframe ADDRESS` decodes any place")
    else:
        at = number(address)
    values = dict(zip(FRAME, m.words(at, len(FRAME))))
    here = stubs()
    if address is None and m.registers.rip in here:         # the stub has not pushed it yet
        values["vector"] = here.index(m.registers.rip)
    error = decode.error_code(values["vector"], values["error_code"]) if values["vector"] in PUSH_ERROR_CODE else ""
    missing = max(0, (m.registers["rsp"] - at) // 8) if m.registers["rsp"] - at < 8 * len(FRAME) else 0
    print(f"trap frame at {at:#x} ({m.name(at)}): {decode.vector(values['vector'])}" + (f", {error}" if error else ""))
    for part, names in (("the processor", FRAME[:16:-1]), ("the stub", FRAME[16:14:-1]), ("trap_entry", FRAME[14::-1])):
        print(f"  pushed by {part}:")
        shown = [f"{n} {values[n]:#x}" if FRAME.index(n) >= missing else f"{n} (not yet)" for n in names]
        for i in range(0, len(shown), 5):
            print("    " + "  ".join(shown[i:i + 5]))
    print(f"  it came from ring {values['cs'] & 3}, {m.symbol(values['rip'])}; interrupts were "
          + ("on" if values["rflags"] & 0x200 else "off"))


def find_frame(m):
    """The innermost trap frame: a variable of that type up the stack, or the top of
    a process's kernel stack."""
    frame = gdb.newest_frame()
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
        return C["KERNEL_STACK_BASE"] + (slot[0] + 1) * layout.SLOT - 8 * len(FRAME)
    return None


@command("ps")
def ps():
    """ps: the process table. `*` stands before the process whose page table is in CR3."""
    m = Machine()
    if not m.table:
        raise gdb.GdbError("the process table is empty")
    print("   PID  state     CR3         kernel stack        slices  starts or goes on at")
    for p in m.table:
        frame = dict(zip(FRAME, p.frame))
        print(f" {'*' if p.page_table == m.registers.cr3 else ' '} {p.pid:<4} {p.state:<9} {p.page_table:#010x}  "
              f"{p.kernel_stack:#x}  {p.slices:<6}  {frame['rip']:#x}, ring {frame['cs'] & 3}")


@command("ring")
def ring():
    """ring: the ring, the mode, interrupts, which process, and on which stack."""
    m = Machine()
    r, process = m.registers, m.process()
    print(f"ring {r.cpl}, {r.bits}-bit code, paging {'on' if r.cr0 >> 31 else 'off'}, interrupts "
          f"{'on' if r.rflags & 0x200 else 'off'} (IF {r.rflags >> 9 & 1}), CS {r.segments['cs'].selector:#x}, "
          f"SS {r.segments['ss'].selector:#x}")
    if r.cr0 >> 31:
        print(f"rip {r.rip:#x}: {m.symbol(r.rip)}\nrsp {r['rsp']:#x}: {m.stack()}")
        kernels = "the kernel's own" if r.cr3 == layout.kernel_root(m.names, m.memory) else "the boot code's, or unknown"
        print(f"CR3 {r.cr3:#x}: {f'the page table of PID {process.pid}' if process else kernels}")


def recorded():
    """The events that QEMU has logged for this session, or []."""
    paths = [os.environ.get("RINGSTEP_LOG", "")]
    for path in filter(None, paths):
        try:
            with open(path, "rb") as file:
                return parse_events(file.read(32 << 20).decode("ascii", "replace"))
        except OSError:
            pass
    return []


@command("why")
def why():
    """why: the last exception explained: the chain, what is at fault, and the likely cause."""
    m = Machine()
    events = recorded()
    if not any(e.kind == "exception" for e in events):
        at = find_frame(m)
        if at is None:
            raise gdb.GdbError("there was no exception yet")
        f = dict(zip(FRAME, m.words(at, len(FRAME))))
        if f["vector"] == 3:                        # a trap: RIP is behind the int3
            f["rip"] -= 1
        events = [Event("exception", f["vector"], f["error_code"], f["cs"] & 3, f["cs"], f["rip"], f["ss"], f["rsp"],
                        m.registers.cr2 if f["vector"] == 14 else None)]
    while events[-1].kind != "exception":
        events.pop()
    scene = Scene(Record("qemu", "triple-fault", events=events, registers=m.registers, memory=m.memory), None, Symbols())
    explanation = postmortem.explained(scene)
    print("\n".join(explanation.lines()))


@command("code", 2)
def code(address="$pc", count="8"):
    """code [ADDRESS] [COUNT]: instructions as what they are now: 16-, 32- or 64-bit."""
    r, at = registers(), number(address)
    base = r.segments["cs"].base if r.bits == 16 and address == "$pc" else 0
    data = bytes(gdb.selected_inferior().read_memory(base + at, 15 * number(count)))
    for where, text in objdump(data, base + at, r.bits)[:number(count)]:
        print(f"{'=>' if where == base + r.rip else '  '} {where:#x}:\t{text}")


try:
    import gdb.disassembler

    class Modes(gdb.disassembler.Disassembler):
        """x/i and disassemble show 16- and 32-bit code as what it is (GDB 13 and later)."""

        def __init__(self):
            super().__init__("ringstep")

        def __call__(self, info):
            if info.address >= 0x100000:                # the kernel and programs: 64-bit, and no question asked
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
