"""GDB's commands: what the processor sees, decoded. `help ringstep` lists them.

They read the machine (registers and physical memory from QEMU), not the kernel's
variables, wherever the hardware holds the truth: they work on a broken kernel.
"""
import glob
import os
import re
import struct
import sys
from typing import Any, List, Optional

import gdb

here = os.path.dirname(os.path.abspath(__file__))
# In this order: this file has the package's name.
sys.path[:0] = [os.path.dirname(here), here]
sys.dont_write_bytecode = True

import gdb_sharing  # noqa: E402, F401
import gdb_state  # noqa: E402, F401
import gdb_tables  # noqa: E402, F401
from gdb_machine import (  # noqa: E402
    C, NAMES, Machine, command, from_file, kernel_file, registers, said, stubs, vector_number,
    vectors)

from ringstep.kernel import decode, layout  # noqa: E402
from ringstep.kernel.contract import contract  # noqa: E402
from ringstep.kernel.processes import image  # noqa: E402
from ringstep.machine.record import PUSH_ERROR_CODE  # noqa: E402


class RingstepCommand(gdb.Command):
    """The commands of Ringstep: gdt, idt, tss, pt, vmmap, trapframe, ps, processes, owners, ring,
    why, code, until-ring3, until-trap."""

    def __init__(self) -> None:
        super().__init__("ringstep", gdb.COMMAND_USER, prefix=True)

    def invoke(self, text: str, from_tty: bool) -> None:
        gdb.execute("help ringstep")


# ---- running to a place ----

def iretqs() -> List[int]:
    """The addresses of all bytes of the kernel that are, or look like, an iretq."""
    text = re.search(r"(0x\w+)->(0x\w+) at \w+: \.text ", said("maintenance info sections"))
    if not text:
        raise gdb.GdbError("the kernel's file has no code")
    start, end = int(text[1], 16), int(text[2], 16)
    return [start + m.start() for m in re.finditer(b"\x48\xcf", from_file(start, end - start))]


def run_to(addresses: List[int]) -> bool:
    """Continue to one of the addresses; False when something else stopped the machine."""
    points = [gdb.Breakpoint(f"*{a:#x}", internal=True) for a in addresses]
    for point in points:
        point.silent = True
    try:
        gdb.execute("continue", to_string=True)
        return registers().rip in addresses
    finally:
        for point in points:
            point.delete()


@command("until-ring3")
def until_ring3() -> None:
    """until-ring3: run to the next instruction that is executed in ring 3."""
    returns = iretqs()
    if registers().cpl == 3:
        gdb.execute("stepi", to_string=True)
    while registers().cpl != 3:
        if not run_to(returns + [layout.PROGRAMS]):
            raise gdb.GdbError(f"stopped elsewhere, at {registers().rip:#x}, before ring 3")
        r = registers()
        if r.rip == layout.PROGRAMS and r.cpl != 3:
            raise gdb.GdbError(f"a program is executed at CPL {r.cpl}: only iretq leads to ring 3")
        if r.cpl != 3:
            gdb.execute("stepi", to_string=True)
            if registers().cpl != 3 and registers().rip in stubs():
                gdb.execute("frame")
                raise gdb.GdbError("the iretq raised an exception instead: `why` explains it")
    gdb.execute("ring")


@command("until-trap", 1, vectors)
def until_trap(which: Optional[str] = None) -> None:
    """until-trap [VECTOR]: run to the next trap, of any vector or of this one (a number, or a
    mnemonic such as pf)."""
    places = stubs()
    wanted = [places[vector_number(which)]] if which else [NAMES["trap_entry"]]
    if not run_to(wanted):
        raise gdb.GdbError(f"stopped elsewhere, at {registers().rip:#x}, before that trap")
    m, at = Machine(), registers()["rsp"]
    if which:                                               # its stub has pushed nothing yet
        vector = vector_number(which)
        code = m.words(at, 1)[0] if vector in PUSH_ERROR_CODE else None
        at += 8 if code is not None else 0
    else:
        vector, code = m.words(at, 2)
        at += 16
    rip, cs = m.words(at, 2)
    about = decode.error_code(vector, code) if vector in PUSH_ERROR_CODE else ""
    address = m.registers.cr2 if vector == C["VECTOR_PF"] else None
    print(decode.vector(vector) + (f" ({about})" if about else "")
          + f" from ring {cs & 3} at {rip:#x} {m.symbol(rip)}"
          + (f", address {address:#x} ({m.name(address)})" if address is not None else ""))
    gdb.execute("frame")


# ---- what to type instead of run; symbols of the program that runs ----

def instead(name: str) -> None:
    @command(name, 9)
    def explain(*_: str) -> None:
        raise gdb.GdbError(f"the machine is on already: type continue (c) to let it run, not "
                           f"{name}. To start over: quit, then make gdb")
    explain.__doc__ = f"{name}: not here: the machine is on already; `continue` lets it run."


for word in ("run", "start", "starti"):
    instead(word)

loaded: Optional[str] = None


def program_of(m: Machine) -> Optional[str]:
    """The ELF file of the program whose page table is in CR3: PIDs follow the kernel's table of
    programs."""
    process = m.running
    if not process or "programs_start" not in m.names:
        return None
    program = contract().structure("program")
    at = m.names["programs_start"] + program.size * (process.pid - 1)
    if at >= m.names["programs_end"]:
        return None
    name = program.read(image(m.memory, at, program.size))["name"]
    text = image(m.memory, name, 64).split(b"\0")[0].decode("latin-1")
    found = glob.glob(os.path.join(os.path.dirname(kernel_file()), "..", "..", "objects",
                                   "programs", text + ".elf"))
    return found[0] if found else None


def on_stop(event: Any) -> None:
    """All programs lie at one address: have the symbols of the one that runs, and no other's."""
    global loaded
    try:
        file = program_of(Machine())
        if file and file != loaded:
            lines = [f"remove-symbol-file -a {layout.PROGRAMS:#x}"] if loaded else []
            lines.append(f'add-symbol-file "{os.path.normpath(file)}"')
            at = [b for b in getattr(event, "breakpoints", []) if b.visible]
            for point in filter(lambda b: b.temporary, at):
                point.delete()                      # as GDB does a little later
            if at:
                # One that has got more places by that (sys_exit): GDB 13 and later would warn at
                # each command. No step makes GDB forget that it stopped there. Older ones have no
                # such setting: an error.
                lines.append("with suppress-cli-notifications on -- stepi 0")
            loaded = file
            gdb.execute("\n".join(lines), to_string=True)
    except (gdb.error, gdb.GdbError, LookupError, struct.error, TypeError):
        pass                                        # no kernel in memory yet, or no such file


RingstepCommand()
gdb.events.stop.connect(on_stop)
# The machine ends with the session: one that GDB takes for attached would run on.
gdb.execute("set remote query-attached-packet off", to_string=True)
