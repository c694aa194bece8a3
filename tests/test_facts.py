"""What the handouts say of the processor, on both emulators. The test kernels print it, too:
`make qemu-nox LAB=1 SOLVED=all TEST=facts`."""
import pytest

from ringstep.grading.harness import Boot, Run
from ringstep.kernel.contract import constants
from ringstep.machine import qemu
from test_hardening import BOTH, ROOT, built

pytestmark = pytest.mark.slow
C = constants(str(ROOT))
DF, UD, TS, NP, SS, GP, PF = 8, 6, 10, 11, 12, 13, 14


def observed(machine, lab: int, test: str):
    image, kernel = built(ROOT, f"LAB={lab}", f"TEST={test}")
    return Run(ROOT, Boot(lab), machine.boot(image, kernel), kernel).observed


@BOTH
def test_exceptions(machine):
    values = observed(machine, 1, "facts")
    found = {what: (vector, code) for (what, vector), (_, code)
             in zip(values[:-1:2], values[1:-1:2])}
    tss, with_ti = C["SELECTOR_TSS"], C["SELECTOR_KERNEL_DATA"] | 4
    # QEMU 7 says 16 times the vector where the IDT's entry counts from 0 in eights, and #GP for
    # every address that is not canonical. The manual and Bochs agree.
    gate, stack = found["int n, an unwritten gate"][1], found["not canonical, by RBP"][0]
    assert gate == (60 << 3 | 2) or (machine is qemu and gate == (60 << 4 | 2))
    assert stack == SS or (machine is qemu and stack == GP)
    assert found["int n, an unwritten gate"] == (GP, gate)
    assert found["int n, a gate without P"] == (NP, gate)
    assert found["not canonical, by RAX"] == found["not canonical, to RIP"] == (GP, 0)
    assert found["not canonical, by RBP"] == found["not canonical, by RSP"] == (stack, 0)
    assert found["a selector with TI"] == (GP, with_ti)
    assert found["mov to CS"] == found["syscall, EFER.SCE clear"] == (UD, 0)
    assert found["ltr of a busy TSS"] == (GP, tss)
    assert found["an IST stack past the limit of the TSS"] == (TS, tss)
    pairs = {what: vector for what, (vector, _) in found.items() if "on the way" in what}
    assert pairs == {
        "#NP on the way to #BP": NP, "#NP on the way to #DE": DF, "#NP on the way to #PF": DF,
        "#PF on the way to #GP": PF, "#SS on the way to #GP": DF, "#SS on the way to #BP": SS,
    }


@BOTH
def test_rights(machine):
    """A right holds where all four levels grant it; NX on one forbids."""
    faults = observed(machine, 2, "rights")[:-1]
    assert [n for _, n in faults] == [0, 1, 1, 1, 1] * 2, faults


@BOTH
def test_ticks_are_lost_while_if_is_clear(machine):
    assert observed(machine, 3, "ticks")[:2] == [
        ("periods with IF clear", 5), ("ticks after them", 1)]


@BOTH
def test_an_nmi_is_nobodys_mistake(machine):
    """The process that happens to run is not ended for it: the kernel stops."""
    text = machine.boot(*built(ROOT, "LAB=3", "TEST=nmi")).text
    assert "PANIC: NMI non-maskable interrupt in ring 3 at rip 0x40000b" in text


@BOTH
@pytest.mark.parametrize("program, says", [
    ("popf", "PID 1 exits with status 1"), ("iopl", "#GP in PID 1"), ("sgdt", "#GP in PID 1"),
    ("syscall", "#UD in PID 1"), ("sysenter", "#GP in PID 1")])
def test_ring_3(machine, program, says):
    assert says in machine.boot(*built(ROOT, "LAB=3", f"TEST={program}")).text
