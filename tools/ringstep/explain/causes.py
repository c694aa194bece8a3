"""The likely cause of a bad end. Each rule looks at the scene and yields Causes: a
sentence and where to read on; none: it does not know. The first Cause of all wins.

Rules look at what the machine holds: registers at the exception, tables in
memory, the instruction's bytes. Kernel variables serve only where the hardware
holds nothing (which process, how many frames).
"""
import re
from typing import Iterator, List

from ringstep.explain.addresses import (
    broken_list, frame_argument, image_written, not_present, null_pointer, program_in_ring_0,
    rubbish, stack_gone, stack_overflow, unmapped)
from ringstep.explain.endings import ENDLESS, PANICKED, interrupts_on
from ringstep.explain.returns import (
    boot_gdt, far_return, frame_shifted, iret_frame, segment_load, short_return, task_register)
from ringstep.explain.scene import Cause, Rule, Scene
from ringstep.kernel import decode, layout, paging
from ringstep.kernel.layout import CONSTANTS

CODE = CONSTANTS["SELECTOR_KERNEL_CODE"]
WITH_A_SECTION = {0, 3, 6, 7, 8, 10, 11, 12, 13, 14}       # vectors, in trouble.md


# ---- where an event could not be delivered ----

def kernel_half(s: Scene) -> Iterator[Cause]:
    if s.paging and s.cr3 == 0 and s.kernel_root:
        yield Cause("CR3 holds 0: the record that process_activate() took it from has no page "
                    "table", "3.1")
    for e in s.chain:
        if e.cr2 is None or e.cr2 < layout.USER_END or s.kernel_root in (0, s.cr3):
            continue
        level, index, entry = paging.walk_end(s.memory, s.cr3, e.cr2)
        if level == 4 and s.memory.u64(s.kernel_root + 8 * index) & paging.P:
            yield Cause(f"entry {index} of the PML4 at {s.cr3:#x} in CR3 is not the kernel's "
                        f"({entry or 0:#x}), so that {e.cr2:#x} ({s.name(e.cr2)}) is gone: "
                        "create_user_page_table() must copy the entries 256 to 511", "2.4")


def damaged_tables(s: Scene) -> Iterator[Cause]:
    start = s.names.get("kernel_data_start")
    if s.kernel_root and start and not s.mapped(start, s.kernel_root):
        level, _, _ = paging.walk_end(s.memory, s.kernel_root, start)
        yield Cause("the kernel's own page tables are destroyed: the walk of its data, "
                    f"{start:#x}, stops at level {level}. A table of the kernel half was freed or "
                    "overwritten; destroy_user_page_table() may free the entries 0 to 255 only",
                    "2.4")


def undelivered(s: Scene) -> Iterator[Cause]:
    idtr, e = s.registers.idtr, s.root
    if not s.delivery or not idtr or idtr.limit < 16 * e.vector + 15 or idtr.base == 0:
        return                             # no IDT yet: the root itself is the cause
    what, gate = decode.vector(e.vector).split()[0], s.gate(e.vector)
    if not gate:
        yield Cause(f"the IDT at {idtr.base:#x} is not mapped", "1.4")
    fields = decode.gate_fields(*gate)
    if not fields["present"] or fields["type"] not in (0xE, 0xF) or fields["selector"] & ~3 != CODE:
        yield Cause(f"{what} was not delivered: IDT entry {e.vector} is "
                    f"\"{decode.gate(*gate)}\"", "1.4")
    if e.kind == "software" and fields["dpl"] < (e.cpl or 0):
        yield Cause(f"ring {e.cpl} may not use `int {e.vector:#x}`: the gate has "
                    f"DPL {fields['dpl']}", "3.1")
    if not s.mapped(fields["offset"]):
        yield Cause(f"the gate of {what} leads to {fields['offset']:#x}, where nothing is mapped",
                    "1.4")
    yield from no_stack(s, what)


def no_stack(s: Scene, what: str) -> Iterator[Cause]:
    stack, top = s.stack_of(s.root)
    if top is None or s.mapped(top - 8) or stack == "the stack in use":
        return
    yield Cause(f"{what} was not delivered: {stack} in the TSS is {top:#x} ({s.name(top - 8)}), "
                "and no stack is mapped below it", "1.6" if stack.startswith("IST") else "3.1")


# ---- what a program in ring 3 did ----

def tables_elsewhere(s: Scene) -> Iterator[Cause]:
    """page_map() said yes, and the processor's walk finds nothing."""
    address = s.root.cr2
    if s.root.cpl == 3 and s.root.vector == 14 and s.running and address is not None \
            and s.root.rip == address and not s.mapped(address):
        lines = layout.walk_words(s.memory, s.cr3, address)
        yield Cause(f"PID {s.running.pid} was loaded, and the processor's walk of its first page "
                    f"ends at \"{lines[-1]}\": page_table_walk() wrote its entries elsewhere; is "
                    "the address of a table taken without the flags (pte_frame)?", "2.2")


def ring_3_fault(s: Scene) -> Iterator[Cause]:
    if s.root.cpl == 3 and s.record.end == "power-off" and s.root.kind == "exception" \
            and len(s.chain) == 1:
        yield Cause(f"PID {s.running.pid if s.running else '?'} executed `{s.op}` at "
                    f"{s.root.rip:#x}, which gave {decode.vector(s.root.vector)}: that is the "
                    "program's fault, and the kernel panicked over it; process_fault() must end "
                    "the process only", "3.6")


def by_vector(s: Scene) -> Iterator[Cause]:
    """Nothing better is known: what is there to read about the vector."""
    words = decode.vector(s.root.vector)
    privileged = r"cli|sti|hlt|in|out|[lw]\w*(gdt|idt|msr)|ltr|invlpg|mov .*[cd]r\d"
    if s.root.cpl == 3 and s.root.vector == 13 and re.match(privileged, s.op):
        yield Cause(f"`{s.op}` may be executed in ring 0 only", "trouble.md#gp-general-protection")
    place = s.function(s.root.rip)
    slug = re.sub(r"[^a-z0-9-]", "", words.lower().replace(" ", "-"))
    yield Cause(f"{words} at `{s.op}`" + (f" in {place}()" if place else "")
                + (f"; Bochs says: {s.root.reason}" if s.root.reason else ""),
                f"trouble.md#{slug if s.root.vector in WITH_A_SECTION else 'exceptions'}")


TRAPPED: List[Rule] = [
    interrupts_on, frame_shifted, short_return, boot_gdt, task_register, segment_load, far_return,
    iret_frame, kernel_half, broken_list, damaged_tables, frame_argument, tables_elsewhere,
    undelivered, stack_gone, stack_overflow, null_pointer, rubbish, not_present, ring_3_fault,
    program_in_ring_0, image_written, unmapped, by_vector,
]


def find(s: Scene) -> Cause:
    """What the first rule says that knows."""
    endless = s.record.end in ("limit", "halted", "stopped")
    rules = ENDLESS if endless else TRAPPED if s.chain else PANICKED if s.panic else []
    for rule in rules:
        try:
            found = next(rule(s), None)
        except LookupError:             # what this rule asks is outside of memory, or not recorded
            continue
        if found:
            return found
    words = {"reset": "the kernel itself reset the machine: no exception led to it",
             "gave-up": f"Bochs cannot go on: {s.record.limit}"}
    return Cause(words.get(s.record.end, ""),
                 "trouble.md#it-hangs" if endless else "trouble.md#it-resets")


def at_fault(s: Scene) -> List[str]:
    """What the root exception is about, decoded from memory."""
    lines: List[str] = []
    if not s.chain:
        return lines
    e, code, idtr = s.root, s.root.error_code, s.registers.idtr
    if s.op:
        lines.append(f"the instruction: {s.op}")
    if code and e.vector in decode.SELECTOR_ERRORS - {8}:
        if code & 2:
            gate = s.gate(code >> 3)
            lines.append(f"IDT entry {code >> 3}: "
                         + (decode.gate(*gate) if gate else "behind the limit"))
        else:
            lines.append(f"selector {code & 0xFFFC:#x}: {s.selector(code & 0xFFFC)}")
    if s.delivery and idtr and (idtr.base == 0 or idtr.limit < 16 * e.vector + 15):
        lines.append(f"IDTR: base {idtr.base:#x}, limit {idtr.limit:#x}: no IDT is loaded yet, so "
                     "no exception can be delivered")
    if e.cr2 is not None and s.cr3:
        lines.append(f"address {e.cr2:#x}, {s.name(e.cr2)}, in the page table at {s.cr3:#x}:")
        lines += ["  " + line for line in layout.walk_words(s.memory, s.cr3, e.cr2)]
    return lines
