"""Causes: what the kernel did with an address. Rules as in causes.py."""
import re
from typing import Dict, Optional

from ringstep.explain.scene import MASK, Cause, Scene
from ringstep.kernel import layout, paging
from ringstep.kernel.contract import contract
from ringstep.kernel.layout import CONSTANTS
from ringstep.kernel.paging import Memory
from ringstep.kernel.processes import first_broken

# An edition of an earlier lab has none.
SYSCALL, WRITE = CONSTANTS.get("SYSCALL_VECTOR"), CONSTANTS.get("SYS_WRITE")
TRAP_FRAME = contract().structure("trap_frame")


def frame_argument(s: Scene) -> Optional[Cause]:
    if s.function(s.root.rip) == "trap_dispatch" and s.root.vector in (13, 14) \
            and s.registers.general:
        return Cause(f"trap_dispatch() was called with {s.registers['rdi']:#x} for its frame: "
                     "trap_entry must put RSP into rdi before the call", "1.5")
    return None


def user_pointer(s: Scene) -> Optional[Cause]:
    process, address = s.running, s.root.cr2
    if not process or s.root.vector != 14 or s.root.cpl != 0 or address is None:
        return None
    data = s.read(process.kernel_stack - TRAP_FRAME.size, TRAP_FRAME.size)  # the way in from ring 3
    call = TRAP_FRAME.read(data) if data else {}
    if call and call["vector"] == SYSCALL and call["rax"] == WRITE \
            and (address - call["rsi"]) & MASK <= call["rdx"]:
        return Cause(f"the kernel read {address:#x} ({s.name(address)}) for write({call['rdi']}, "
                     f"{call['rsi']:#x}, {call['rdx']:#x}), which is not all the program's: "
                     "user_range_check() let the pointer pass", "3.4")
    return None


def stack_overflow(s: Scene) -> Optional[Cause]:
    for e in s.chain:
        if e.cr2 is None or e.cpl != 0 or e.rsp is None or abs(e.rsp - e.cr2) >= 0x2000 \
                or "guard page" not in s.name(e.cr2):
            continue
        gate = s.gate(8)
        unsafe = s.record.end == "triple-fault" and not (gate and gate[0] >> 32 & 7)
        return Cause(f"the stack is full: {s.function(e.rip) or 'the kernel'}() wrote to "
                     f"{e.cr2:#x}, in the {s.name(e.cr2)}"
                     + ("; #DF has no IST stack, so it could not be delivered either"
                        if unsafe else ""),
                     "1.6" if unsafe else "trouble.md#df-double-fault")
    return None


def program_in_ring_0(s: Scene) -> Optional[Cause]:
    """SMEP: the kernel may not execute a page of ring 3's."""
    code, rip = s.root.error_code or 0, s.root.rip
    if s.root.vector == 14 and s.root.cpl == 0 and code & 17 == 17 and rip == s.root.cr2 \
            and rip is not None and rip < layout.USER_END and s.running:
        return Cause(f"PID {s.running.pid} runs in ring 0, in place of ring 3: only iretq leads to "
                     "ring 3", "3.2")
    return None


def freed_image(s: Scene) -> Optional[Cause]:
    """frame_free() writes into what it gets, and the kernel's code and constants are read-only."""
    address, code = s.root.cr2, s.root.error_code or 0
    if s.root.vector == 14 and code & 3 == 3 and address is not None \
            and s.function(s.root.rip) == "frame_free" and address >= layout.PHYSICAL_MAP:
        frame = address - layout.PHYSICAL_MAP & paging.ADDRESS
        return Cause(f"frame_free() got {frame:#x}, a frame of the kernel's own image: the "
                     "kernel half was freed, too; destroy_user_page_table() may free the "
                     "entries 0 to 255 only", "2.4")
    return None


def handed_out_image(s: Scene) -> Optional[Cause]:
    """frame_alloc() clears what it hands out, and the kernel's code is read-only."""
    address, code = s.root.cr2, s.root.error_code or 0
    if s.root.vector == 14 and code & 3 == 3 and address is not None \
            and address >= layout.PHYSICAL_MAP \
            and s.function(s.root.rip) in ("frame_alloc", "memset"):
        frame = address - layout.PHYSICAL_MAP & paging.ADDRESS
        return Cause(f"frame_alloc() took {frame:#x}, a frame of the kernel's own image: is it the "
                     "end of a region in memory_regions[], the first byte behind that region?",
                     "2.1")
    return None


def twice(s: Scene) -> Optional[Cause]:
    """One frame behind two pages of the kernel stacks, or behind two of a process."""
    seen: Dict[int, int] = {}
    stacks = layout.STACKS_ENTRY
    spaces = [(s.kernel_root, stacks, stacks)]
    spaces += [(process.page_table, 0, layout.KERNEL_HALF - 1) for process in s.table]
    for root, first, last in spaces if s.kernel_root else []:
        try:
            pages = list(paging.mappings(s.memory, root, first, last))
        except paging.TooManyTables:
            return None
        for page in pages:
            if page.size != layout.PAGE or (first and layout.stack_slot(page.virtual) is None):
                continue
            if page.physical in seen:
                return Cause(f"frame {page.physical:#x} was handed out twice: it lies at "
                             f"{seen[page.physical]:#x} and at {page.virtual:#x} "
                             f"({s.name(page.virtual)})", "2.1")
            seen[page.physical] = page.virtual
    return None


def low_address(s: Scene, address: int) -> Optional[Cause]:
    """The kernel used an address of the user half, where nothing is mapped."""
    if (s.root.error_code or 0) & 16:
        return Cause(f"the kernel went on at {address:#x}, which is no address of its own: a "
                     "return took it from the stack, where something else lay, or only a part of "
                     "it (in 64-bit code retfq and iretq take 8 bytes each)", "1.2")
    if address < s.memory.size:
        function = s.function(s.root.rip)
        whose = ", which page_table_walk() gave," if function.startswith("page_table_print") else ""
        return Cause(f"{function}() used {address:#x}{whose} for a pointer: that is a physical "
                     "address, and phys_to_virt() makes a pointer of it", s.at_work("2.2"))
    return None


def broken_list(s: Scene) -> Optional[Cause]:
    """The process table leads to something that is no record."""
    at = first_broken(s.names, s.memory)
    if at is None:
        return None
    return twice(s) or Cause(
        f"the process table leads to {at:#x}, where no record is: one that was freed is still in "
        "it (process_remove() comes before process_discard()), or one that was given up was "
        "entered", "2.6")


def is_address(s: Scene, address: int) -> bool:
    """Whether an address may well be meant: in the null page, in the kernel's image or among
    its stacks, or in the map of physical memory."""
    image = layout.USER_END <= address < layout.PHYSICAL_MAP \
        and address == paging.canonical(address & (1 << 48) - 1)
    return address < layout.PAGE or image \
        or (address - layout.PHYSICAL_MAP) & MASK < s.memory.size


def rubbish(s: Scene) -> Optional[Cause]:
    """A pointer made of something that is no address: where does its value lie in memory?"""
    address = s.root.cr2 if s.root.vector == 14 else operand_address(s)
    if address is None or s.root.cpl != 0 or s.mapped(address) or is_address(s, address):
        return None
    if s.root.vector == 14 and address < layout.USER_END:
        return low_address(s, address)
    function, physical = s.function(s.root.rip), (address - layout.PHYSICAL_MAP) & MASK
    return twice(s) or first_mib(s) or Cause(
        f"{function}() took {physical & paging.ADDRESS:#x} for a physical address, behind the end "
        "of memory: a table's entry is rubbish. Was an entry followed whose P bit is clear, or a "
        "frame used after it was freed, and does frame_alloc() zero frames that were used before?",
        s.at_work("2.1"))


def first_mib(s: Scene) -> Optional[Cause]:
    """A register's value lies below 1 MiB, where no frame may be."""
    for value in s.registers.general.values():
        odd = value != paging.canonical(value & (1 << 48) - 1)
        place = search(s.memory, 0x8000, 0x100000, value) if odd else None
        if place:
            return Cause(f"{s.function(s.root.rip)}() used {value:#x} for an address, which lies "
                         f"at {place:#x}, in the first MiB: a frame there was handed out, and it "
                         "is not memory for the kernel's use", "2.1")
    return None


def search(memory: Memory, start: int, end: int, value: int) -> Optional[int]:
    words = memoryview(memory.read(start, end - start)).cast("Q")
    return next((start + 8 * i for i, word in enumerate(words) if word == value), None)


def not_present(s: Scene) -> Optional[Cause]:
    """An entry that holds a frame's address, but not the P bit."""
    address = s.root.cr2
    if s.root.vector != 14 or (s.root.error_code or 0) & 1 or address is None:
        return None
    level, index, entry = paging.walk_end(s.memory, s.cr3, address)
    if entry and not entry & paging.P and entry & paging.ADDRESS:
        return Cause(f"the entry at level {level}, index {index}, for {address:#x} is {entry:#x}: "
                     "it names a frame, but its P bit is clear, so nothing is mapped",
                     s.at_work("2.3"))
    return None


def unmapped(s: Scene) -> Optional[Cause]:
    """A kernel's access to a place that has a name in the contract, and no page."""
    address, code = s.root.cr2, s.root.error_code or 0
    if s.root.vector != 14 or code & 1 or s.root.cpl != 0 or address is None:
        return None
    return Cause(f"{s.function(s.root.rip) or 'the kernel'}() {'wrote to' if code & 2 else 'read'} "
                 f"{address:#x}, {s.name(address)}, where nothing is mapped",
                 s.at_work("trouble.md#pf-page-fault"))


def operand_address(s: Scene) -> Optional[int]:
    """The address of a memory operand such as [rbx + rax*8 + 0x10]."""
    match = re.search(r"\[([\w +*-]+)\]", s.op)
    if not match or not s.registers.general:
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


def null_pointer(s: Scene) -> Optional[Cause]:
    address, rip = s.root.cr2, s.root.rip
    if s.root.vector != 14 or s.root.cpl != 0 or address is None or address >= layout.PAGE:
        return None
    if rip == address:
        return Cause(f"the kernel jumped to {rip:#x}: through a null pointer, or back from a "
                     "function whose return address is gone", "trouble.md#pf-page-fault")
    function = s.function(rip)
    used = f"{function or 'the kernel'}() used a null pointer (address {address:#x})"
    if function == "process_load" and not s.table:
        return Cause(f"{used}; create_process() gave a PID that is not in the process table: "
                     "process_enter() makes it findable", "2.6")
    return Cause(used, "trouble.md#pf-page-fault")
