"""Causes: what the kernel did with an address. Rules as in causes.py."""
import re

from ringstep.explain.scene import MASK, section_of
from ringstep.kernel import layout, paging
from ringstep.kernel.layout import CONSTANTS, TRAP_FRAME

SYSCALL = CONSTANTS.get("SYSCALL_VECTOR")      # an edition of an earlier lab has none


def frame_argument(s):
    if s.function(s.root.rip) == "trap_dispatch" and s.root.vector in (13, 14) and s.registers.general:
        return (f"trap_dispatch() was called with {s.registers['rdi']:#x} for its frame: trap_entry must "
                "put RSP into rdi before the call", "lab1.md#exercise-15-trap_entry")


def user_pointer(s):
    process = next((p for p in s.table if p.page_table == s.cr3), None)
    if not (process and s.root.vector == 14 and s.root.cpl == 0 and s.root.cr2 is not None):
        return None
    frame = s.words(process.kernel_stack - 8 * len(TRAP_FRAME), len(TRAP_FRAME))    # the way in from ring 3
    call = dict(zip(TRAP_FRAME, frame or ()))
    if call.get("vector") == SYSCALL and call["rax"] == CONSTANTS.get("SYS_WRITE") \
            and (s.root.cr2 - call["rsi"]) & MASK <= call["rdx"]:
        return (f"the kernel read {s.root.cr2:#x} ({s.name(s.root.cr2)}) for write({call['rdi']}, {call['rsi']:#x}, "
                f"{call['rdx']:#x}), which is not all the program's: user_range_check() let the pointer pass",
                "lab3.md#exercise-34-user_range_check-sys_write")


def stack_overflow(s):
    for e in s.chain:
        if e.cr2 is not None and e.cpl == 0 and "guard page" in s.name(e.cr2) and e.rsp is not None \
                and abs(e.rsp - e.cr2) < 0x2000:
            unsafe = s.record.end == "triple-fault" and not ((s.gate(8) or [0])[0] >> 32 & 7)
            return (f"the stack is full: {s.function(e.rip) or 'the kernel'}() wrote to {e.cr2:#x}, in the {s.name(e.cr2)}"
                    + ("; #DF has no IST stack, so it could not be delivered either" if unsafe else ""),
                    "lab1.md#exercise-16-trap_use_stack" if unsafe else "trouble.md#df-double-fault")


def twice(s):
    """One frame behind two pages of the kernel stacks, or behind two of a process."""
    seen = {}
    roots = [(s.kernel_root, 256, 256)] + [(p.page_table, 0, 255) for p in s.table]
    for root, first, last in roots if s.kernel_root else []:
        try:
            pages = list(paging.mappings(s.memory, root, first, last))
        except paging.TooManyTables:
            return None
        for page in pages:
            if page.size != layout.PAGE or (first and layout.stack_slot(page.virtual) is None):
                continue
            if page.physical in seen:
                return (f"frame {page.physical:#x} was handed out twice: it lies at {seen[page.physical]:#x} and at "
                        f"{page.virtual:#x} ({s.name(page.virtual)})", "lab2.md#exercise-21-frame_alloc-frame_free")
            seen[page.physical] = page.virtual


def page_for(s, otherwise):
    """The section of the exercise that was at work, or another one."""
    found = s.exercise()
    return found and section_of(found[1]) or otherwise


def low_address(s, address):
    """The kernel used an address of the user half, where nothing is mapped."""
    if s.root.error_code & 16:
        return (f"the kernel went on at {address:#x}, which is no address of its own: a return took it from the stack, "
                "where something else lay, or only a part of it (in 64-bit code retfq and iretq take 8 bytes each)",
                "lab1.md#exercise-12-gdt_load")
    if address < s.memory.size:
        function = s.function(s.root.rip)
        whose = ", which page_table_walk() gave," if function.startswith("page_table_print") else ""
        return (f"{function}() used {address:#x}{whose} for a pointer: that is a physical address, and "
                "phys_to_virt() makes a pointer of it", page_for(s, "lab2.md#exercise-22-page_table_walk"))
    return None


def broken_list(s):
    """The process table leads to something that is no record."""
    at = layout.first_broken(s.names, s.memory) if "process_first" in s.names else None
    if at is not None:
        return twice(s) or (f"the process table leads to {at:#x}, where no record is: one that was freed is still in it "
                "(process_remove() comes before process_discard()), or one that was given up was entered",
                "lab2.md#exercise-26-create_process-destroy_process")


def rubbish(s):
    """A pointer made of something that is no address: where does its value lie in memory?"""
    address = s.bad_address = s.root.cr2 if s.root.vector == 14 else operand_address(s)
    if address is None or s.root.cpl != 0 or s.mapped(address):
        return None
    physical = (address - layout.PHYSICAL_MAP) & MASK
    if address < layout.PAGE or address == paging.canonical(address & (1 << 48) - 1) < layout.PHYSICAL_MAP \
            and address >= layout.USER_END or physical < s.memory.size:
        return None
    if s.root.vector == 14 and address < layout.USER_END:
        return low_address(s, address)
    both = twice(s)
    if both:
        return both
    for value in (s.registers.general or {}).values():
        odd = value != paging.canonical(value & (1 << 48) - 1)
        place = odd and search(s.memory, 0x8000, 0x100000, value)
        if place:
            return (f"{s.function(s.root.rip)}() used {value:#x} for an address, which lies at {place:#x}, in the "
                    "first MiB: a frame there was handed out, and it is not memory for the kernel's use",
                    "lab2.md#exercise-21-frame_alloc-frame_free")
    return (f"{s.function(s.root.rip)}() took {physical & paging.ADDRESS:#x} for a physical address, behind the end of "
            "memory: a table's entry is rubbish. Was an entry followed whose P bit is clear, or a frame used after "
            "it was freed, and does frame_alloc() zero frames that were used before?",
            page_for(s, "lab2.md#exercise-21-frame_alloc-frame_free"))


def not_present(s):
    """An entry that holds a frame's address, but not the P bit."""
    if s.root.vector != 14 or s.root.error_code & 1 or s.root.cr2 is None or not s.memory:
        return None
    level, index, entry = list(paging.walk(s.memory, s.cr3, s.root.cr2))[-1]
    if entry and not entry & paging.P and entry & paging.ADDRESS:
        return (f"the entry at level {level}, index {index}, for {s.root.cr2:#x} is {entry:#x}: it names a frame, but its P "
                "bit is clear, so nothing is mapped", page_for(s, "lab2.md#exercise-23-page_map-page_unmap"))


def unmapped(s):
    """A kernel's access to a place that has a name in the contract, and no page."""
    if s.root.vector != 14 or s.root.error_code & 1 or s.root.cpl != 0 or s.root.cr2 is None:
        return None
    did = "wrote to" if s.root.error_code & 2 else "read"
    return (f"{s.function(s.root.rip) or 'the kernel'}() {did} {s.root.cr2:#x}, {s.name(s.root.cr2)}, where nothing is mapped",
            page_for(s, "trouble.md#pf-page-fault"))


def search(memory, start, end, value):
    words = memoryview(memory.read(start, end - start)).cast("Q")
    return next((start + 8 * i for i, word in enumerate(words) if word == value), None)


def operand_address(s):
    """The address of a memory operand such as [rbx + rax*8 + 0x10]."""
    match = re.search(r"\[(.*)\]", s.op)
    if not match or not s.registers.general or not re.fullmatch(r"[\w +*-]+", match[1]):
        return None
    total, sign = 0, 1
    for part in match[1].split():
        if part in "+-":
            sign = 1 if part == "+" else -1
            continue
        name, _, scale = part.partition("*")
        value = s.registers.general.get(name)
        if value is None and not re.match(r"\d", name):
            return None
        total += sign * (int(name, 0) if value is None else value) * int(scale or "1", 0)
    return total & MASK


def null_pointer(s):
    if s.root.vector == 14 and s.root.cpl == 0 and s.root.cr2 is not None and s.root.cr2 < layout.PAGE:
        callers = [s.function(s.root.rip)]
        if s.root.rip == s.root.cr2:
            return (f"the kernel jumped to {s.root.rip:#x}: through a null pointer, or back from a function whose "
                    "return address is gone", "trouble.md#pf-page-fault")
        more = "; create_process() gave a PID that is not in the process table: process_enter() makes it findable" \
            if "process_load" in callers and not s.table else ""
        return f"{callers[0] or 'the kernel'}() used a null pointer (address {s.root.cr2:#x}){more}", \
            "lab2.md#exercise-26-create_process-destroy_process" if more else "trouble.md#pf-page-fault"
