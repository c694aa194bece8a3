"""What lies where: names for addresses, and the kernel's processes.

For the post-mortem, GDB's commands and the map. GDB may bring a Python of its
own: only the standard library here. `symbols` is {name: address}.
"""
import struct
from dataclasses import dataclass
from pathlib import Path

from ringstep.kernel import paging
from ringstep.kernel.constants import constants

CONSTANTS = constants(str(Path(__file__).resolve().parents[3]))
PAGE = CONSTANTS["PAGE_SIZE"]
PHYSICAL_MAP = CONSTANTS["PHYSICAL_MAP_BASE"]
USER_END = CONSTANTS["USER_HALF_END"]
PROGRAMS = CONSTANTS["USER_PROGRAM_BASE"]
SLOT = PAGE + CONSTANTS["KERNEL_STACK_SIZE"]            # stacks.h: a guard page and a stack
RECORD = struct.Struct("<QiIQQQ22QI")                   # process.h: struct process
TRAP_FRAME = ("r15 r14 r13 r12 r11 r10 r9 r8 rbp rdi rsi rdx rcx rbx rax vector error_code "
              "rip cs rflags rsp ss").split()           # trap.h: struct trap_frame
STATES = ("new", "ready", "running", "dead")
MOST_PROCESSES = 20000                                  # more: the list is broken


@dataclass
class Process:
    address: int
    pid: int
    state: str
    page_table: int
    kernel_stack: int
    user_stack: int
    frame: tuple
    slices: int


def image(symbols, memory, address, length):
    """Bytes of the kernel's image, whatever page table is in use."""
    return memory.read(address - CONSTANTS["KERNEL_BASE"] + CONSTANTS["KERNEL_LOAD_ADDRESS"], length)


def u64(symbols, memory, name):
    """A variable of the kernel; 0 where it has none of that name."""
    return struct.unpack("<Q", image(symbols, memory, symbols[name], 8))[0] if name in symbols else 0


def kernel_root(symbols, memory):
    return u64(symbols, memory, "kernel_page_table")


def processes(symbols, memory):
    """The process table, as far as it can be followed."""
    found = []
    at = u64(symbols, memory, "table") if "process_first" in symbols else 0
    while at and len(found) < MOST_PROCESSES:
        try:
            next_, pid, state, *words = RECORD.unpack(memory.read(at - PHYSICAL_MAP, RECORD.size))
        except LookupError:
            break
        state = STATES[state] if state < len(STATES) else f"state {state}"
        found.append(Process(at, pid, state, *words[:3], tuple(words[3:25]), words[25]))
        at = next_
    return found


def first_broken(symbols, memory):
    """The first address in the process table at which no record can be, or None."""
    at = u64(symbols, memory, "table")
    for _ in range(MOST_PROCESSES):
        if not at:
            return None
        if at % PAGE or not 0 <= at - PHYSICAL_MAP < memory.size:
            return at
        at, pid, state = RECORD.unpack(memory.read(at - PHYSICAL_MAP, RECORD.size))[:3]
        if pid == 0 or state >= len(STATES):
            return at
    return at


def stack_slot(address):
    """(slot, page in it: 0 is the guard page) of an address among the kernel stacks, or None."""
    offset = address - CONSTANTS["KERNEL_STACK_BASE"]
    return (offset // SLOT, offset % SLOT // PAGE) if 0 <= offset < CONSTANTS["KERNEL_STACK_AREA"] else None


def name(symbols, address, table=()):
    """"guard page below kernel stack 0 (PID 1)": what the contract has at an address."""
    c, within = CONSTANTS, lambda low, high: low <= address < high
    if within(USER_END, c["KERNEL_HALF_START"]):
        return "not a canonical address"
    if address < PAGE:
        return "null page"
    top = c["USER_STACK_TOP"]
    if address < USER_END:
        if within(top - c["USER_STACK_SIZE"] - PAGE, top - c["USER_STACK_SIZE"]):
            return "guard page below the user stack"
        if address >= top:
            return "page above the user stack, never mapped"
        if address >= top - c["USER_STACK_SIZE"]:
            return "user stack"
        return "program" if within(PROGRAMS, c["USER_PROGRAM_END"]) else "user half"
    slot = stack_slot(address)
    if slot:
        owner = next((f" (PID {p.pid})" for p in table if p.kernel_stack == (slot[0] + 1) * SLOT
                      + c["KERNEL_STACK_BASE"]), "")
        return ("" if slot[1] else "guard page below ") + f"kernel stack {slot[0]}{owner}"
    if address >= PHYSICAL_MAP:
        return f"physical memory {address - PHYSICAL_MAP:#x}"
    for part, first, end in (("code", "kernel_text_start", "kernel_rodata_start"),
                             ("constants", "kernel_rodata_start", "kernel_data_start"),
                             ("guard page below the boot stack", "boot_stack_guard", "boot_stack_bottom"),
                             ("boot stack", "boot_stack_bottom", "boot_stack_top"),
                             ("data", "kernel_data_start", "kernel_end")):
        if first in symbols and within(symbols[first], symbols[end]):
            return part if "stack" in part else f"kernel {part}"
    return "kernel half"


def walk_words(memory, root, address):
    """The walk of an address in words, a line for each level, and why it stops."""
    lines = []
    for level, index, entry in paging.walk(memory, root, address):
        if entry is None:
            lines.append(f"level {level}, index {index}: the table lies outside of memory")
        else:
            from ringstep.kernel import decode
            words = decode.page_entry(entry, level)
            large = level in (2, 3) and entry & paging.P and entry & paging.PS
            lines.append(f"level {level}, index {index}: {entry:#018x} {words}"
                         + (" (large page)" if large else "")
                         + ("" if entry & paging.P else ": the walk stops here"))
    return lines
