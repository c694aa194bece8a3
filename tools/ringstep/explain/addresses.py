"""Causes: what the kernel did with an address. Rules as in causes.py."""
import re
from typing import Dict, Iterator, Optional

from ringstep.explain.scene import MASK, Cause, Scene
from ringstep.explain.waiting import is_shared
from ringstep.kernel import layout, paging
from ringstep.kernel.layout import CONSTANTS
from ringstep.kernel.processes import first_broken, further_owners

IMAGE_END = CONSTANTS["KERNEL_READ_ADDRESS"] + CONSTANTS["KERNEL_READ_MAX"]
DISCARDED = int.from_bytes(8 * b"\xDB", "little")      # process_discard()


def frame_argument(s: Scene) -> Iterator[Cause]:
    if s.function(s.root.rip) == "trap_dispatch" and s.root.vector in (13, 14) \
            and s.registers.general:
        yield Cause(f"trap_dispatch() was called with {s.registers['rdi']:#x} for its frame: "
                    "trap_entry must put RSP into rdi before the call", "1.5")


def stack_overflow(s: Scene) -> Iterator[Cause]:
    for e in s.chain:
        if e.cr2 is None or e.cpl != 0 or e.rsp is None or abs(e.rsp - e.cr2) >= 0x2000 \
                or "guard page" not in s.name(e.cr2):
            continue
        gate = s.gate(8)
        unsafe = s.record.end == "triple-fault" and not (gate and gate[0] >> 32 & 7)
        yield Cause(f"the stack is full: {s.function(e.rip) or 'the kernel'}() wrote to "
                    f"{e.cr2:#x}, in the {s.name(e.cr2)}"
                    + ("; #DF has no IST stack, so it could not be delivered either"
                       if unsafe else ""),
                    "1.6" if unsafe else "trouble.md#df-double-fault")


def stack_gone(s: Scene) -> Iterator[Cause]:
    """The kernel stands on a kernel stack that is not there any more: not even an exception
    can be delivered."""
    slot = layout.stack_slot(s.fault or 0)
    if not slot or slot[1] == 0 or s.code & 1 or "sys_fork" in s.names \
            or all(e.vector != 8 for e in s.chain):
        return
    function, read = s.asked_for()
    yield Cause(f"the kernel stands on kernel stack {slot[0]}, which is not mapped any more: its "
                f"process was destroyed under it. {function} calls process_end() only, and "
                "schedule() has the process destroyed once its stack is left", read)


def program_in_ring_0(s: Scene) -> Iterator[Cause]:
    """SMEP: the kernel may not execute a page of ring 3's."""
    rip = s.fault
    if rip is not None and rip == s.root.rip and rip < layout.USER_END \
            and s.code & 17 == 17 and s.running:
        yield Cause(f"PID {s.running.pid} runs in ring 0, in place of ring 3: only iretq leads to "
                    "ring 3", "3.2")


def image_written(s: Scene) -> Iterator[Cause]:
    """The kernel's code and constants are read-only: they were taken for a free frame."""
    address, function = s.root.cr2 or 0, s.function(s.root.rip)
    if s.root.vector != 14 or s.code & 3 != 3 or address < layout.PHYSICAL_MAP:
        return
    frame = address - layout.PHYSICAL_MAP & paging.ADDRESS
    if function == "frame_free":                        # it writes into what it gets
        yield Cause(f"frame_free() got {frame:#x}, a frame of the kernel's own image: the "
                    "kernel half was freed, too; destroy_user_page_table() may free the "
                    "entries 0 to 255 only", "2.4")
    if function in ("frame_alloc", "memset"):           # it clears what it hands out
        yield Cause(f"frame_alloc() took {frame:#x}, a frame of the kernel's own image: is it the "
                    "end of a region in memory_regions[], the first byte behind that region?",
                    "2.1")


def twice(s: Scene) -> Iterator[Cause]:
    """One frame behind two pages of the kernel stacks, or behind two of a process."""
    seen: Dict[int, paging.Mapping] = {}
    stacks = layout.STACKS_ENTRY
    spaces = [(s.kernel_root, stacks, stacks)]
    spaces += [(process.page_table, 0, layout.KERNEL_HALF - 1) for process in s.table]
    for root, first, last in spaces if s.kernel_root else []:
        try:
            pages = list(paging.mappings(s.memory, root, first, last))
        except paging.TooManyTables:
            return
        for page in pages:
            if page.size != layout.PAGE or (first and layout.stack_slot(page.virtual) is None):
                continue
            other = seen.setdefault(page.physical, page)
            if other is page or further_owners(s.names, s.memory, page.physical):
                continue
            places = f"it lies at {other.virtual:#x} and at {page.virtual:#x} " \
                f"({s.name(page.virtual)})"
            if is_shared(page) or is_shared(other) \
                    or "sys_fork" in s.names and other.virtual == page.virtual:
                yield Cause(f"frame {page.physical:#x} was shared, and freed while somebody still "
                            f"had it: {places}. page_share() adds an owner, and owners_drop() is "
                            "for one who goes", "4.6")
            yield Cause(f"frame {page.physical:#x} was handed out twice: {places}", "2.1")


def low_address(s: Scene, address: int) -> Iterator[Cause]:
    """The kernel used an address of the user half, where nothing is mapped."""
    if s.code & 16:
        yield Cause(f"the kernel went on at {address:#x}, which is no address of its own: a "
                    "return took it from the stack, where something else lay, or only a part of "
                    "it (in 64-bit code retfq and iretq take 8 bytes each)", "1.2")
    if address < s.memory.size:
        function = s.function(s.root.rip)
        whose = ", which page_table_walk() gave," if function.startswith("page_table_print") else ""
        yield Cause(f"{function}() used {address:#x}{whose} for a pointer: that is a physical "
                    "address, and phys_to_virt() makes a pointer of it", s.at_work("2.2"))


def broken_list(s: Scene) -> Iterator[Cause]:
    """The process table leads to something that is no record."""
    at = first_broken(s.names, s.memory)
    if at is not None:
        yield from twice(s)
        yield Cause(f"the process table leads to {at:#x}, where no record is: one that was freed "
                    "is still in it (process_remove() comes before process_discard()), or one "
                    "that was given up was entered", "2.6")


def is_address(s: Scene, address: int) -> bool:
    """Whether an address may well be meant: in the null page, in the kernel's image or among
    its stacks, or in the map of physical memory."""
    image = layout.USER_END <= address < layout.PHYSICAL_MAP \
        and address == paging.canonical(address & (1 << 48) - 1)
    return address < layout.PAGE or image \
        or (address - layout.PHYSICAL_MAP) & MASK < s.memory.size


def rubbish(s: Scene) -> Iterator[Cause]:
    """A pointer made of something that is no address: where does its value lie in memory?"""
    address = s.root.cr2 if s.root.vector == 14 else operand_address(s)
    if address and s.root.vector == 13 and s.root.cpl == 0 and is_address(s, address ^ 1 << 63):
        yield Cause(f"{s.function(s.root.rip)}() used {address:#x} for a pointer: that is "
                    f"{address ^ 1 << 63:#x} with another bit 63, which is NX in an entry; "
                    "pte_frame() leaves it out", s.at_work("2.2"))
    if address is None or s.root.cpl != 0 or s.mapped(address) or is_address(s, address):
        return
    if s.root.vector == 14 and address < layout.USER_END:
        yield from low_address(s, address)
        return
    yield from discarded(s, address)
    yield from twice(s)
    yield from first_mib(s)
    physical = (address - layout.PHYSICAL_MAP) & MASK & paging.ADDRESS
    what = f"{s.function(s.root.rip)}() took {physical:#x} for a physical address, behind the " \
        "end of memory: "
    around = [function for function, id in s.exercises() if id != s.at_work("")]
    if around:
        yield Cause(f"{what}a table's entry is rubbish, or what {around[0]}() has handed over: "
                    "has it looked at the error of what it called before?",
                    "trouble.md#pf-page-fault")
    yield Cause(f"{what}a table's entry is rubbish. Was an entry followed whose P bit is clear, or "
                "a frame used after it was freed, and does frame_alloc() zero frames that were "
                "used before?", s.at_work("2.1"))


def discarded(s: Scene, address: int) -> Iterator[Cause]:
    """process_discard() fills a record with 0xDB."""
    for value in (address, *s.registers.general.values()):
        if min(value - DISCARDED & MASK, value - layout.PHYSICAL_MAP - DISCARDED & MASK) < 4096:
            yield Cause(f"{s.function(s.root.rip)}() was called with what a process's record holds "
                        "after process_discard(): 0xDB in each byte", "2.6")


def first_mib(s: Scene) -> Iterator[Cause]:
    """A register's value lies below 1 MiB, where no frame may be, and not in the image that
    the loader has read."""
    for value in s.registers.general.values():
        if value == paging.canonical(value & (1 << 48) - 1):
            continue
        place = s.memory.read(0, 0x100000).find(value.to_bytes(8, "little"), IMAGE_END)
        if place >= 0:
            yield Cause(f"{s.function(s.root.rip)}() used {value:#x} for an address, which lies "
                        f"at {place:#x}, in the first MiB: a frame there was handed out, and it "
                        "is not memory for the kernel's use", "2.1")


def not_present(s: Scene) -> Iterator[Cause]:
    """An entry that holds a frame's address, but not the P bit."""
    address = s.root.cr2
    if s.root.vector != 14 or s.code & 1 or address is None:
        return
    level, index, entry = paging.walk_end(s.memory, s.cr3, address)
    if entry and not entry & paging.P and entry & paging.ADDRESS:
        yield Cause(f"the entry at level {level}, index {index}, for {address:#x} is {entry:#x}: "
                    "it names a frame, but its P bit is clear, so nothing is mapped",
                    s.at_work("2.3"))


def unmapped(s: Scene) -> Iterator[Cause]:
    """A kernel's access to a place that has a name in the contract, and no page."""
    address, did = s.fault, "wrote to" if s.code & 2 else "read"
    if address is not None and not s.code & 1:
        yield Cause(f"{s.function(s.root.rip) or 'the kernel'}() {did} {address:#x}, "
                    f"{s.name(address)}, where nothing is mapped",
                    s.at_work("trouble.md#pf-page-fault"))


def operand_address(s: Scene) -> Optional[int]:
    """The address of a memory operand such as [rbx + rax*8 + 0x10]."""
    match = re.search(r"\[([\w +*-]+)\]", s.op)
    try:                                        # the disassembler's words are Python's, too
        return int(eval(match[1], {}, s.registers.general)) & MASK if match else None
    except NameError:                           # a part of a register, or it is not known
        return None


def null_pointer(s: Scene) -> Iterator[Cause]:
    address, rip = s.fault, s.root.rip
    if address is None or address >= layout.PAGE:
        return
    if rip == address:
        yield Cause(f"the kernel jumped to {rip:#x}: through a null pointer, or back from a "
                    "function whose return address is gone", "trouble.md#pf-page-fault")
    function = s.function(rip)
    used = f"{function or 'the kernel'}() used a null pointer (address {address:#x})"
    if function == "process_load" and not s.table:
        yield Cause(f"{used}; create_process() gave a PID that is not in the process table: "
                    "process_enter() makes it findable", "2.6")
    yield Cause(used, "trouble.md#pf-page-fault")
