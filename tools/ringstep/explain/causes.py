"""The likely cause of a bad end. Each rule looks at the scene and returns a
sentence and where to read on, or None; the first that knows wins.

Rules look at what the machine holds: registers at the exception, tables in
memory, the instruction's bytes. Kernel variables serve only where the hardware
holds nothing (which process, how many frames).
"""
import re

from ringstep.explain.addresses import (broken_list, frame_argument, not_present, null_pointer, rubbish,
                                        stack_overflow, unmapped, user_pointer)
from ringstep.explain.endings import ENDLESS, PANICKED, interrupts_on
from ringstep.explain.returns import (boot_gdt, far_return, frame_shifted, iret_frame, segment_load,
                                      short_return, task_register)
from ringstep.kernel import decode, layout, paging
from ringstep.kernel.layout import CONSTANTS

CODE = CONSTANTS["SELECTOR_KERNEL_CODE"]


# ---- where an event could not be delivered ----

def kernel_half(s):
    for e in s.chain:
        if e.cr2 is not None and e.cr2 >= layout.USER_END and s.kernel_root and s.cr3 != s.kernel_root:
            level, index, entry = list(paging.walk(s.memory, s.cr3, e.cr2))[-1]
            if level == 4 and s.memory.u64(s.kernel_root + 8 * index) & 1:
                return (f"entry {index} of the PML4 at {s.cr3:#x} in CR3 is not the kernel's ({entry or 0:#x}), so that "
                        f"{e.cr2:#x} ({s.name(e.cr2)}) is gone: create_user_page_table() must copy the entries "
                        "256 to 511", "lab2.md#exercise-24-create_user_page_table-destroy_user_page_table")


def damaged_tables(s):
    start = s.names.get("kernel_data_start")
    if s.kernel_root and start and not s.mapped(start, s.kernel_root):
        level, index, entry = list(paging.walk(s.memory, s.kernel_root, start))[-1]
        return (f"the kernel's own page tables are destroyed: the walk of its data, {start:#x}, stops at level "
                f"{level}. A table of the kernel half was freed or overwritten; destroy_user_page_table() may free the "
                "entries 0 to 255 only", "lab2.md#exercise-24-create_user_page_table-destroy_user_page_table")


def undelivered(s):
    after = s.delivery
    if not after or not s.registers.idtr:
        return None
    e, what = s.root, decode.vector(s.root.vector).split()[0]
    if s.registers.idtr.limit < 16 * e.vector + 15 or s.registers.idtr.base == 0:
        return None                             # no IDT yet: the root itself is the cause
    gate = s.gate(e.vector)
    if gate is None:
        return f"the IDT at {s.registers.idtr.base:#x} is not mapped", "lab1.md#exercise-14-interrupt_gate"
    f = decode.gate_fields(*gate)
    if not f["present"] or f["type"] not in (0xE, 0xF) or f["selector"] & ~3 != CODE:
        return (f"{what} was not delivered: IDT entry {e.vector} is \"{decode.gate(*gate)}\"",
                "lab1.md#exercise-14-interrupt_gate")
    if e.kind == "software" and f["dpl"] < (e.cpl or 0):
        return (f"ring {e.cpl} may not use `int {e.vector:#x}`: the gate has DPL {f['dpl']}",
                "lab3.md#exercise-31-syscall_init-process_activate")
    if not s.mapped(f["offset"]):
        return (f"the gate of {what} leads to {f['offset']:#x}, where nothing is mapped",
                "lab1.md#exercise-14-interrupt_gate")
    name, top = s.stack_of(e)
    if top is not None and not s.mapped(top - 8):
        if name == "the stack in use":
            return None
        read = "lab1.md#exercise-16-trap_use_stack" if name[0] == "I" else "lab3.md#exercise-31-syscall_init-process_activate"
        return (f"{what} was not delivered: {name} in the TSS is {top:#x} ({s.name(top - 8)}), and no stack is "
                "mapped below it", read)


def tables_elsewhere(s):
    """page_map() said yes, and the processor's walk finds nothing."""
    live = next((p for p in s.table if p.page_table == s.cr3), None)
    if s.root.cpl == 3 and s.root.vector == 14 and live and s.root.rip == s.root.cr2 and not s.mapped(s.root.cr2):
        lines = layout.walk_words(s.memory, s.cr3, s.root.cr2)
        return (f"PID {live.pid} was loaded, and the processor's walk of its first page ends at \"{lines[-1]}\": "
                "page_table_walk() wrote its entries elsewhere; is the address of a table taken without the flags "
                "(pte_frame)?", "lab2.md#exercise-22-page_table_walk")


def ring_3_fault(s):
    if s.root.cpl == 3 and s.record.end == "power-off" and s.root.kind == "exception" and len(s.chain) == 1:
        return (f"PID {next((p.pid for p in s.table if p.page_table == s.cr3), '?')} executed `{s.op}` at {s.root.rip:#x}, "
                f"which gave {decode.vector(s.root.vector)}: that is the program's fault, and the kernel panicked over it; "
                "process_fault() must end the process only", "lab3.md#exercise-36-process_fault")


def by_vector(s):
    """Nothing better is known: what is there to read about the vector."""
    words = decode.vector(s.root.vector)
    privileged = r"cli|sti|hlt|in|out|[lw]\w*(gdt|idt|msr)|ltr|invlpg|mov .*[cd]r\d"
    if s.root.cpl == 3 and s.root.vector == 13 and re.match(privileged, s.op):
        return f"`{s.op}` may be executed in ring 0 only", "trouble.md#gp-general-protection"
    place = s.function(s.root.rip)
    anchor = re.sub(r"[^a-z0-9-]", "", words.lower().replace(" ", "-"))
    cause = f"{words} at `{s.op}`" + (f" in {place}()" if place else "")
    return f"Bochs says: {s.root.reason}" if s.root.reason else cause, "trouble.md#" + (
        anchor if s.root.vector in (0, 3, 6, 7, 8, 10, 11, 12, 13, 14) else "exceptions")


TRAPPED = [
    interrupts_on, frame_shifted, short_return, boot_gdt, task_register, segment_load, far_return, iret_frame,
    kernel_half, broken_list, damaged_tables, frame_argument, tables_elsewhere, undelivered,
    user_pointer, stack_overflow, null_pointer, rubbish, not_present, ring_3_fault, unmapped, by_vector,
]


def find(s):
    """The first rule that knows: (sentence, page to read)."""
    endless = s.record.end in ("limit", "halted", "stopped")
    rules = ENDLESS if endless else TRAPPED if s.root else PANICKED if s.panic else []
    for rule in rules:
        try:
            found = rule(s)
        except (LookupError, AttributeError, TypeError):    # what this rule asks is not known here
            found = None
        if found:
            return found
    words = {"reset": "the kernel itself reset the machine: no exception led to it",
             "gave-up": f"Bochs cannot go on: {s.record.limit}"}
    return words.get(s.record.end, ""), "trouble.md#" + ("it-hangs" if endless else "it-resets")


def at_fault(s):
    """What the root exception is about, decoded from memory."""
    e, lines = s.root, []
    if not e:
        return lines
    if s.op:
        lines.append(f"the instruction: {s.op}")
    try:
        code = e.error_code
        if code and e.vector in (10, 11, 12, 13):
            if code & 2:
                gate = s.gate(code >> 3)
                lines.append(f"IDT entry {code >> 3}: " + (decode.gate(*gate) if gate else "behind the limit"))
            else:
                lines.append(f"selector {code & 0xFFFC:#x}: {s.selector(code & 0xFFFC)}")
        idtr = s.registers and s.registers.idtr
        if s.delivery and idtr and (idtr.base == 0 or idtr.limit < 16 * e.vector + 15):
            lines.append(f"IDTR: base {idtr.base:#x}, limit {idtr.limit:#x}: no IDT is loaded yet, so no exception can be delivered")
        if e.cr2 is not None and s.cr3:
            lines.append(f"address {e.cr2:#x}, {s.name(e.cr2)}, in the page table at {s.cr3:#x}:")
            lines += ["  " + line for line in layout.walk_words(s.memory, s.cr3, e.cr2)]
    except (LookupError, AttributeError):
        pass
    return lines
