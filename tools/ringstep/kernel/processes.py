"""The processes of a kernel, from its memory. `names` is {symbol: address}."""
import struct
from dataclasses import dataclass
from typing import Dict, List, Optional

from ringstep.course.labs import labs
from ringstep.kernel.contract import ROOT, contract
from ringstep.kernel.layout import CONSTANTS, PAGE, PHYSICAL_MAP
from ringstep.kernel.paging import Memory

MOST_PROCESSES = 20000                                  # more: the list is broken
NO_STATE = "state"                                      # and its number


@dataclass(frozen=True)
class Process:
    address: int                # of its record
    state: str                  # "ready"
    record: Dict[str, int]      # all that is in the record: "slices", "registers.rip"

    @property
    def pid(self) -> int:
        return self.record["pid"]

    @property
    def page_table(self) -> int:
        return self.record["page_table.raw"]

    @property
    def kernel_stack(self) -> int:
        return self.record["kernel_stack"]


def image(memory: Memory, address: int, length: int) -> bytes:
    """Bytes of the kernel's image, whatever page table is in use."""
    return memory.read(address - CONSTANTS["KERNEL_BASE"] + CONSTANTS["KERNEL_LOAD_ADDRESS"],
                       length)


def variable(names: Dict[str, int], memory: Memory, name: str) -> int:
    """A variable of the kernel; 0 where it has none of that name."""
    if name not in names:
        return 0
    value: int = struct.unpack("<Q", image(memory, names[name], 8))[0]
    return value


def kernel_root(names: Dict[str, int], memory: Memory) -> int:
    return variable(names, memory, "kernel_page_table")


def lab_of_kernel(names: Dict[str, int]) -> int:
    """The linker's symbol says it; without one it is the last lab's."""
    return names.get("kernel_lab") or labs(ROOT)[-1].number


def processes(names: Dict[str, int], memory: Memory) -> List[Process]:
    """The process table, as far as it can be followed."""
    found: List[Process] = []
    if "process_first" not in names:
        return found
    lab = lab_of_kernel(names)
    structure, states = contract().record(lab), contract().states(lab)
    address = variable(names, memory, "process_table")
    while address and len(found) < MOST_PROCESSES:
        try:
            record = structure.read(memory.read(address - PHYSICAL_MAP, structure.size))
        except LookupError:
            break
        state = states.get(record["state"], f"{NO_STATE} {record['state']}")
        found.append(Process(address, state, record))
        address = record["next"]
    return found


def first_broken(names: Dict[str, int], memory: Memory) -> Optional[int]:
    """The first address in the process table at which no record can be, or None."""
    if "process_first" not in names:
        return None
    table = processes(names, memory)
    for process in table:
        empty = process.pid == 0 and process.record["link"] == 0    # a frame that was cleared
        if process.address % PAGE or empty or process.state.startswith(NO_STATE):
            return process.address
    last = table[-1].record["next"] if table else variable(names, memory, "process_table")
    return last or None


def further_owners(names: Dict[str, int], memory: Memory, frame: int) -> int:
    """How many own a frame besides the first, as the kernel counts; 0 where it does not (lab 4)."""
    number, each = frame // PAGE, CONSTANTS.get("OWNERS_OF_FRAME", 1)
    if "owners_further" not in names:
        return 0
    try:
        table = int.from_bytes(image(memory, names["counts"] + 8 * (number // each), 8), "little")
        count = memory.read(table - PHYSICAL_MAP + 2 * (number % each), 2)
    except LookupError:
        return 0
    return int.from_bytes(count, "little")


def running_on(table: List[Process], cr3: Optional[int]) -> Optional[Process]:
    """The process whose page table is in CR3."""
    return next((process for process in table if process.page_table == cr3), None)
