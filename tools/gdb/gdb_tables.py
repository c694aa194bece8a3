"""The commands gdt, idt, tss, pt and vmmap: the tables that the processor reads."""
import re
import struct

import gdb
from gdb_machine import C, Machine, command, number, physically, pids, stubs, vector_number, vectors

from ringstep.kernel import decode, layout, paging

EXPECTED = {            # the contract's entries of the GDT
    C["SELECTOR_KERNEL_CODE"]: ("kernel code", "present, DPL 0, 64-bit code"),
    C["SELECTOR_KERNEL_DATA"]: ("kernel data", "present, DPL 0, writable data"),
    C["SELECTOR_USER_CODE"]: ("user code", "present, DPL 3, 64-bit code"),
    C["SELECTOR_USER_DATA"]: ("user data", "present, DPL 3, writable data"),
}


def marked(words, expected):
    return words + (f"   <-- wrong, expected \"{expected}\"" if expected and words != expected else "")


@command("gdt")
def gdt():
    """gdt: the GDT that GDTR names, each entry decoded; what differs from the contract is marked."""
    m = Machine()
    base, limit = m.registers.gdtr.base, m.registers.gdtr.limit
    if limit < 15:
        raise gdb.GdbError(f"no GDT is loaded yet (GDTR base {base:#x}, limit {limit:#x})")
    kernels = m.names.get("gdt") == base
    print(f"GDTR: base {base:#x} ({m.symbol(base) if kernels else 'the boot code has its GDT there'}), limit {limit:#x}")
    entries, at = m.words(base, (limit + 1) // 8), 1
    while at < len(entries):
        selector, low = 8 * at, entries[at]
        system = low and not low >> 44 & 1 and at + 1 < len(entries)
        name, expected = next((v for k, v in EXPECTED.items() if k & ~7 == selector), ("", ""))
        if system:
            words = decode.system(low, entries[at + 1])
        else:
            words = decode.segment(low) if low else "empty"
        if selector == C["SELECTOR_TSS"]:
            name, wanted = "TSS", f"present, DPL 0, base {m.names['tss']:#x}, limit 0x67" if "tss" in m.names else ""
            expected = f"busy 64-bit TSS, {wanted}" if wanted not in words else ""
        if low or (expected and kernels):
            used = [r.upper() for r, s in m.registers.segments.items() if s.selector & ~7 == selector]
            print(f"  {selector:#04x} {name:<12}{low:#018x} {marked(words, expected if kernels else '')}"
                  + (f"  [{' '.join(used)}]" if used else ""))
        at += 2 if system or selector == C["SELECTOR_TSS"] else 1


@command("idt", 1, vectors)
def idt(which=None):
    """idt [VECTOR]: the IDT that IDTR names. VECTOR is a number or a mnemonic (gp). Gates that are alike are one line."""
    vector = vector_number(which) if which else None
    m = Machine()
    base, limit = m.registers.idtr.base, m.registers.idtr.limit
    if limit < 0xFFF or not m.registers.cr0 >> 31:
        raise gdb.GdbError(f"no IDT is loaded yet (IDTR base {base:#x}, limit {limit:#x})")
    words = m.words(base, 512)
    own = stubs()

    def target(vector):
        offset = decode.gate_fields(*words[2 * vector:2 * vector + 2])["offset"]
        return "its stub" if offset == own[vector] else m.symbol(offset) + "  <-- wrong, not its stub"

    def line(vector):
        low, high = words[2 * vector:2 * vector + 2]
        selector = decode.gate_fields(low, high)["selector"]
        kind = re.sub(r" to \S+,", f" to {selector:#06x}:{{}},", decode.gate(low, high))
        return kind.format(target(vector)) if low or high else "empty"
    if which:
        low, high = words[2 * vector:2 * vector + 2]
        print(f"{vector} {decode.vector(vector)}: {high:#018x}:{low:#018x}")
        print(f"  {decode.gate(low, high)}\n  it leads to {target(vector)}" if low or high else "  empty")
        return
    print(f"IDTR: base {base:#x} ({m.symbol(base)}), limit {limit:#x}")
    first = 0
    for vector in range(1, 257):
        if vector == 256 or line(vector) != line(first):
            what = decode.vector(first) if vector == first + 1 else ""
            print(f"  {first if vector == first + 1 else f'{first}-{vector - 1}':>7}  {what:<26} {line(first)}")
            first = vector


@command("tss")
def tss():
    """tss: the TSS that TR names: RSP0 and the IST stacks, and what lies there."""
    m = Machine()
    tr = m.registers.segments["tr"]
    if tr.selector == 0:
        raise gdb.GdbError("TR is 0: ltr has not been executed yet")
    data = m.read(tr.base, 0x68)
    print(f"TR {tr.selector:#x}: base {tr.base:#x} ({m.symbol(tr.base)}), "
          + marked(f"limit {tr.limit:#x}", "limit 0x67"))
    for name, offset in [("RSP0", 4)] + [(f"IST{i}", 28 + 8 * i) for i in range(1, 8)]:
        top, = struct.unpack_from("<Q", data, offset)
        if top or name == "RSP0":
            mapped = paging.translate(m.memory, m.registers.cr3, top - 8 & (1 << 64) - 1) is not None
            print(f"  {name:<5} {top:#018x}  {m.name(top - 8 & (1 << 64) - 1) if top else 'not set'}"
                  + ("" if mapped else "   <-- nothing is mapped below it"))
    io, = struct.unpack_from("<H", data, 102)
    print(f"  I/O map at {io:#x}: " + ("none, ring 3 has no ports" if io > tr.limit else "ring 3 may use some ports"))


@command("pt", 2)
def pt(address=None, pid=None):
    """pt ADDRESS [PID]: the walk of an address, level by level, and where it stops and why. Without PID: by CR3."""
    if address is None:
        raise gdb.GdbError("pt wants an address: pt $rip")
    m, address = Machine(), number(address)
    root = m.root(pid)
    print(f"{address:#x} ({m.name(address)}), page table at {root:#x}")
    for line in layout.walk_words(m.memory, root, address):
        print("  " + line)
    to = paging.translate(m.memory, root, address)
    if to is None:
        print("  so it is not mapped")
        return
    entries = tuple(entry for *_, entry in paging.walk(m.memory, root, address))
    print(f"  so it is physical {to:#x}, {paging.Mapping(address, 0, to, entries).permissions}: "
          "what all levels allow together")


@command("vmmap", 1, pids)
def vmmap(pid=None):
    """vmmap [PID]: an address space as ranges with permissions and names. Without PID: the one in CR3."""
    m = Machine()
    last, joined = None, []
    root = m.root(pid)
    with physically():
        pages = list(paging.mappings(m.memory, root))
    for page in pages:
        key = re.sub(r" 0x[0-9a-f]+$", "", m.name(page.virtual)), page.permissions
        if last == key and joined[-1][1] == page.virtual:
            joined[-1][1] = page.end
        else:
            joined.append([page.virtual, page.end, key])
            last = key
    for start, end, (name, permissions) in joined:
        wrong = "   <-- writable and executable" if "wx" in permissions else \
                "   <-- open to ring 3" if "user" in permissions and start >= layout.USER_END else ""
        print(f"  {start:#018x} - {end:#018x} {(end - start) // 1024:>7} KiB  {permissions:<10}  {name}{wrong}")
