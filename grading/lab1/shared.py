"""What the tests of lab 1 share: the kernels to boot, and the processor's tables in memory."""
import struct
from typing import NamedTuple, Tuple

from ringstep.grading.harness import Boot, Run
from ringstep.kernel import decode

QUICK = 40_000_000      # instructions
MAIN = Boot(1, watches=("gdt_check", "idt_init", "trap_stacks_init", "machine_off"),
            instructions=QUICK)
VECTORS = Boot(1, "vectors", instructions=QUICK)
OVERFLOW = Boot(1, "overflow", watches=("machine_off",), instructions=QUICK)

DB, NMI, BP, DF, MC = 1, 2, 3, 8, 18                # SDM volume 3A, table 6-1
IST_OF = {DF: 1, NMI: 2, MC: 3, DB: 4}              # trap_stacks_init()
TSS_LAYOUT = struct.Struct("<4x3Q8x7Q8x2xH")        # SDM volume 3A, figure 8-11


class Tss(NamedTuple):
    rsp: Tuple[int, ...]
    ist: Tuple[int, ...]        # ist[0] is IST 1
    io_map_base: int


def tss(run: Run) -> Tss:
    """The kernel's TSS at the end of the run."""
    words = TSS_LAYOUT.unpack(run.image(run.symbol("tss"), TSS_LAYOUT.size))
    return Tss(words[:3], words[3:10], words[10])


def gdt_entry(run: Run, selector: int) -> int:
    """The eight bytes that a selector names; its RPL does not matter."""
    return run.u64s(run.symbol("gdt") + selector // 8 * 8, 1)[0]


def gate_in_words(run: Run, handler: int, dpl: int, ist: int = 0) -> str:
    return (f"interrupt gate to {run.constant('SELECTOR_KERNEL_CODE'):#06x}:{handler:#018x}, "
            f"present, DPL {dpl}, IST {ist}")


def expect_gate(run: Run, what: str, gate: Tuple[int, ...], expected: str) -> None:
    """A gate's 16 bytes are as the words say, and what is reserved in them is 0."""
    low, high = gate
    is_ = decode.gate(low, high)
    run.expect(is_ == expected, f'{what} "{expected}"', f'it is "{is_}"')
    run.expect(low >> 35 & 0x1F == 0 and high >> 32 == 0, f"the reserved bits of {what} to be 0",
               f"it is {high:016x}:{low:016x}")


def expect_gate_of(run: Run, vector: int, ist: int = 0, dpl: int = 0) -> None:
    """The vector's gate at the end of the run: an interrupt gate to its stub."""
    stub, = run.u64s(run.symbol("trap_stubs") + 8 * vector, 1)
    expect_gate(run, f"the gate of {decode.vector(vector)}",
                run.u64s(run.symbol("idt") + 16 * vector, 2), gate_in_words(run, stub, dpl, ist))
