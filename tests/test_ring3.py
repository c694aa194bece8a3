"""Lab 3's given code: what lies between two processes, and what keeps the kernel on its feet."""
import re
from typing import List, Tuple

from ringstep.grading.harness import Boot, Run
from ringstep.kernel.contract import constants
from test_hardening import BOTH, ROOT, built

C = constants(str(ROOT))


def observed(machine, test: str) -> List[Tuple[str, int]]:
    image, kernel = built(ROOT, "LAB=3", f"TEST={test}")
    return Run(ROOT, Boot(3), machine.boot(image, kernel), kernel).observed


@BOTH
def test_segment_registers_are_each_processs_own(machine):
    values = observed(machine, "segments")
    ticks = [dict(values[at:at + 5]) for at in range(0, len(values) - 1, 5)]
    user = C["SELECTOR_USER_DATA"]
    expected = {1: (0, 0, user, user), 2: (user, user, 0, 0)}
    assert {tick["tick in PID"] for tick in ticks} == {1, 2}
    for tick in ticks:
        assert (tick["DS"], tick["ES"], tick["FS"], tick["GS"]) == expected[tick["tick in PID"]]


@BOTH
def test_a_kernel_stack_that_overflows_is_told(machine):
    record = machine.boot(*built(ROOT, "LAB=3", "TEST=deep"))
    assert re.search(r"#DF after a #PF in the guard page of PID 1 \(kernel stack\), address 0x",
                     record.text), record.text
    assert (record.end, record.status) == ("power-off", 1)


@BOTH
def test_seams(machine):
    """Registered calls go first; who runs next and what becomes of the dead can be set."""
    values = [value for what, value in observed(machine, "seams") if what != "end"]
    assert values == [200, 2, 1, 200, 1, 1]


@BOTH
def test_user_memory_is_out_of_the_kernels_reach(machine):
    registers = machine.boot(*built(ROOT, "LAB=3")).registers
    assert registers.cr4 & C["CR4_SMAP"]


@BOTH
def test_the_loop_program_goes_on_after_another_has_died(machine):
    text = machine.boot(*built(ROOT, "LAB=3")).text
    dead = text.index("#GP in PID 3")
    assert "still running: 1\n" in text[:dead] and "still running: 2\n" in text[dead:]


@BOTH
def test_registers_of_ring_3_are_not_believed(machine):
    """A program that makes itself look like a wrong exercise 3.2 dies, and no other."""
    record = machine.boot(*built(ROOT, "LAB=3", "TEST=untimed,swapped,exit_pid"))
    assert re.search(r"#PF in PID 1: .*\n(?:.*\n)*PID 2 exits with status 2\n", record.text)
    assert (record.end, record.status) == ("power-off", 0), record.text
