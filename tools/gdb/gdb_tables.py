"""The commands gdt, idt, tss, pt and vmmap: the tables that the processor reads."""
import re
from typing import Optional, Tuple

import gdb
from gdb_machine import (
    TSS, VECTORS, C, Machine, command, number, physically, pids, stubs, vector_number,
    vectors)

from ringstep.kernel import decode, layout, paging

EXPECTED = {            # the contract's entries of the GDT
    C["SELECTOR_KERNEL_CODE"]: ("kernel code", "present, DPL 0, 64-bit code"),
    C["SELECTOR_KERNEL_DATA"]: ("kernel data", "present, DPL 0, writable data"),
    C["SELECTOR_USER_CODE"]: ("user code", "present, DPL 3, 64-bit code"),
    C["SELECTOR_USER_DATA"]: ("user data", "present, DPL 3, writable data"),
}


def marked(words: str, expected: str) -> str:
    if not expected or words == expected:
        return words
    return f"{words}   <-- wrong, expected \"{expected}\""


@command("gdt")
def gdt() -> None:
    """gdt: the GDT that GDTR names, each entry decoded; what is not as it should be is marked."""
    m = Machine()
    gdtr = m.registers.gdtr
    if not gdtr or gdtr.limit < 15:
        raise gdb.GdbError(f"no GDT is loaded yet (GDTR base {gdtr.base:#x}, limit {gdtr.limit:#x})"
                           if gdtr else "GDTR is not known")
    kernels = m.names.get("gdt") == gdtr.base
    whose = m.symbol(gdtr.base) if kernels else "the boot code has its GDT there"
    print(f"GDTR: base {gdtr.base:#x} ({whose}), limit {gdtr.limit:#x}")
    entries, at = m.words(gdtr.base, (gdtr.limit + 1) // 8), 1
    while at < len(entries):
        selector, low, above = 8 * at, entries[at], entries[at + 1:at + 2]
        system = bool(low and not low >> 44 & 1 and above)
        words = decode.system(low, above[0]) if system else decode.segment(low) if low else "empty"
        name, expected = expected_at(m, selector, words)
        if low or (expected and kernels):
            used = [register.upper() for register, segment in m.registers.segments.items()
                    if segment.selector & ~7 == selector]
            print(f"  {selector:#04x} {name:<12}{low:#018x} "
                  f"{marked(words, expected if kernels else '')}"
                  + (f"  [{' '.join(used)}]" if used else ""))
        at += 2 if system or selector == C["SELECTOR_TSS"] else 1


def expected_at(m: Machine, selector: int, words: str) -> Tuple[str, str]:
    """(name, words) of an entry by the contract."""
    if selector == C["SELECTOR_TSS"]:
        wanted = f"present, DPL 0, base {m.names['tss']:#x}, limit {TSS.size - 1:#x}" \
            if "tss" in m.names else ""
        return "TSS", f"busy 64-bit TSS, {wanted}" if wanted not in words else ""
    return next((v for k, v in EXPECTED.items() if k & ~7 == selector), ("", ""))


@command("idt", 1, vectors)
def idt(which: Optional[str] = None) -> None:
    """idt [VECTOR]: the IDT that IDTR names. VECTOR is a number or a mnemonic (gp).
    Gates that are alike are one line."""
    vector = vector_number(which) if which else None
    m = Machine()
    idtr = m.registers.idtr
    if not idtr or idtr.limit < 16 * VECTORS - 1 or not m.paging:
        raise gdb.GdbError(f"no IDT is loaded yet (IDTR base {idtr.base:#x}, limit {idtr.limit:#x})"
                           if idtr else "IDTR is not known")
    words = m.words(idtr.base, 2 * VECTORS)
    gates, own = list(zip(words[::2], words[1::2])), stubs()
    if vector is not None:
        low, high = gates[vector]
        print(f"{vector} {decode.vector(vector)}: {high:#018x}:{low:#018x}")
        print(f"  {decode.gate(low, high)}\n  it leads to {target(m, own[vector], low, high)}"
              if low or high else "  empty")
        return
    print(f"IDTR: base {idtr.base:#x} ({m.symbol(idtr.base)}), limit {idtr.limit:#x}")
    lines = [gate_line(m, stub, *gate) for stub, gate in zip(own, gates)]
    first = 0
    for vector in range(1, VECTORS + 1):
        if vector == VECTORS or lines[vector] != lines[first]:
            alone = vector == first + 1
            which, what = (str(first), decode.vector(first)) if alone else \
                (f"{first}-{vector - 1}", "")
            print(f"  {which:>7}  {what:<26} {lines[first]}")
            first = vector


def target(m: Machine, stub: int, low: int, high: int) -> str:
    """Where a gate leads; it should lead to its vector's stub."""
    offset = decode.gate_fields(low, high)["offset"]
    return "its stub" if offset == stub else m.symbol(offset) + "  <-- wrong, not its stub"


def gate_line(m: Machine, stub: int, low: int, high: int) -> str:
    if not low and not high:
        return "empty"
    selector = decode.gate_fields(low, high)["selector"]
    place = f" to {selector:#06x}:{target(m, stub, low, high)},"
    return re.sub(r" to \S+,", lambda _: place, decode.gate(low, high))


@command("tss")
def tss() -> None:
    """tss: the TSS that TR names: RSP0 and the IST stacks, and what lies there."""
    m = Machine()
    tr = m.registers.segments["tr"]
    if tr.selector == 0 or tr.base is None:
        raise gdb.GdbError("TR is 0: ltr has not been executed yet")
    fields = TSS.read(m.read(tr.base, TSS.size))
    print(f"TR {tr.selector:#x}: base {tr.base:#x} ({m.symbol(tr.base)}), "
          + marked(f"limit {tr.limit:#x}", f"limit {TSS.size - 1:#x}"))
    stacks = [("RSP0", "rsp[0]")] + [(f"IST{i}", f"ist[{i - 1}]") for i in range(1, 8)]
    for name, leaf in stacks:
        top = fields[leaf]
        if top or name == "RSP0":
            print(f"  {name:<5} {top:#018x}  {m.name(top - 8) if top else 'not set'}"
                  + ("" if m.mapped(top - 8) else "   <-- nothing is mapped below it"))
    ports = fields["io_map_base"]
    print(f"  I/O map at {ports:#x}: "
          + ("none, ring 3 has no ports" if ports > tr.limit else "ring 3 may use some ports"))


@command("pt", 2)
def pt(address: Optional[str] = None, pid: Optional[str] = None) -> None:
    """pt ADDRESS [PID]: the walk of an address, level by level, and where it stops and why.
    Without PID: by CR3."""
    if address is None:
        raise gdb.GdbError("pt wants an address: pt $rip")
    m, at = Machine(), number(address)
    root = m.root(pid)
    print(f"{at:#x} ({m.name(at)}), page table at {root:#x}")
    for line in layout.walk_words(m.memory, root, at):
        print("  " + line)
    to = paging.translate(m.memory, root, at)
    if to is None:
        print("  so it is not mapped")
        return
    entries = tuple(entry or 0 for *_, entry in paging.walk(m.memory, root, at))
    print(f"  so it is physical {to:#x}, {paging.Mapping(at, 0, entries).permissions}: "
          "what all levels allow together")


@command("vmmap", 1, pids)
def vmmap(pid: Optional[str] = None) -> None:
    """vmmap [PID]: an address space as ranges with permissions and names.
    Without PID: the one in CR3."""
    m = Machine()
    root = m.root(pid)
    with physically():
        pages = list(paging.mappings(m.memory, root))
    for start, end, permissions, name in layout.ranges(m.names, pages, m.owners):
        open_to_all = "user" in permissions and start >= layout.USER_END
        wrong = "   <-- writable and executable" if "wx" in permissions else \
                "   <-- open to ring 3" if open_to_all else ""
        print(f"  {start:#018x} - {end:#018x} {(end - start) // 1024:>7} KiB  {permissions:<10}  "
              f"{name}{wrong}")
