"""What lies where: names for addresses, by the course's headers.

For the post-mortem, GDB's commands and the map. `names` is {symbol: address}.
"""
import re
from typing import Dict, Iterable, List, Optional, Tuple

from ringstep.kernel import decode, paging
from ringstep.kernel.contract import contract

CONSTANTS = contract().numbers
PAGE = CONSTANTS["PAGE_SIZE"]
PHYSICAL_MAP = CONSTANTS["PHYSICAL_MAP_BASE"]
USER_END = CONSTANTS["USER_HALF_END"]
PROGRAMS = CONSTANTS["USER_PROGRAM_BASE"]
STACK_BASE = CONSTANTS["KERNEL_STACK_BASE"]
SLOT = CONSTANTS.get("KERNEL_STACK_SLOT", 0)    # a guard page and a stack, from lab 2 on
STACK_PAGES = list(range(1, SLOT // PAGE))      # of a slot; page 0 is the guard page
TRAP_FRAME = list(contract().structure("trap_frame").leaves)    # from the lowest address up
KERNEL_HALF = 256                               # the first entry of the PML4 that is its
STACKS_ENTRY = STACK_BASE >> 39 & 511           # of the PML4

# (what, first symbol, symbol behind it) of the kernel's image.
PARTS = (("code", "kernel_text_start", "kernel_rodata_start"),
         ("constants", "kernel_rodata_start", "kernel_data_start"),
         ("guard page below the boot stack", "boot_stack_guard", "boot_stack_bottom"),
         ("boot stack", "boot_stack_bottom", "boot_stack_top"),
         ("data", "kernel_data_start", "kernel_end"))


def stack_slot(address: int) -> Optional[Tuple[int, int]]:
    """(slot, page in it: 0 is the guard page) of an address among the kernel stacks, or None."""
    offset = address - STACK_BASE
    if not SLOT or not 0 <= offset < CONSTANTS["KERNEL_STACK_AREA"]:
        return None
    return offset // SLOT, offset % SLOT // PAGE


def user_half(address: int) -> str:
    top, size = CONSTANTS["USER_STACK_TOP"], CONSTANTS["USER_STACK_SIZE"]
    if address < PAGE:
        return "null page"
    if address >= top:
        return "page above the user stack, never mapped"
    if address >= top - size:
        return "user stack"
    if address >= top - size - PAGE:
        return "guard page below the user stack"
    return "program" if PROGRAMS <= address < CONSTANTS["USER_PROGRAM_END"] else "user half"


def name(names: Dict[str, int], address: int, owners: Optional[Dict[int, int]] = None) -> str:
    """"guard page below kernel stack 0 (PID 1)": what the contract has at an address.
    `owners` has the PID for the top of a kernel stack."""
    if address < USER_END:
        return user_half(address)
    if address < CONSTANTS["KERNEL_HALF_START"]:
        return "not a canonical address"
    slot = stack_slot(address)
    if slot:
        pid = (owners or {}).get(STACK_BASE + (slot[0] + 1) * SLOT)
        return (("" if slot[1] else "guard page below ") + f"kernel stack {slot[0]}"
                + (f" (PID {pid})" if pid is not None else ""))
    if address >= PHYSICAL_MAP:
        return f"physical memory {address - PHYSICAL_MAP:#x}"
    for part, first, end in PARTS:
        if first in names and names[first] <= address < names[end]:
            return part if "stack" in part else f"kernel {part}"
    return "kernel half"


def ranges(names: Dict[str, int], pages: Iterable[paging.Mapping],
           owners: Optional[Dict[int, int]] = None) -> List[Tuple[int, int, str, str]]:
    """Neighbouring pages of one kind as one: (start, end, permissions, name)."""
    found: List[Tuple[int, int, str, str]] = []
    for page in pages:
        what = re.sub(r" 0x[0-9a-f]+$", "", name(names, page.virtual, owners))
        start, shared = page.virtual, page.entries[-1] & CONSTANTS.get("PTE_COPY", 0)
        rights = page.permissions + (" shared" if shared else "")
        if found and found[-1][1:] == (start, rights, what):
            start = found.pop()[0]
        found.append((start, page.end, rights, what))
    return found


def walk_words(memory: paging.Memory, root: int, address: int) -> List[str]:
    """The walk of an address in words, a line for each level, and why it stops."""
    lines = []
    for level, index, entry in paging.walk(memory, root, address):
        if entry is None:
            lines.append(f"level {level}, index {index}: the table lies outside of memory")
        else:
            large = level in (2, 3) and entry & paging.P and entry & paging.PS
            lines.append(f"level {level}, index {index}: {entry:#018x} "
                         + decode.page_entry(entry, level) + (" (large page)" if large else "")
                         + ("" if entry & paging.P else ": the walk stops here"))
    return lines
