"""Lab 3's given code: what lies between two processes, and what keeps the kernel on its feet."""
import re
from pathlib import Path
from typing import List, Tuple

import pytest

from ringstep.explain import postmortem
from ringstep.grading import mutants
from ringstep.grading.harness import Boot, Run
from ringstep.grading.workspace import Workspace
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
@pytest.mark.parametrize("id, find, put, words", [
    ("2.2", "(address < USER_HALF_END ? PTE_U : 0)", "0",
     "Exercise 2.2 is wrong: for 0x.* the entry at level 4 lacks PTE_U"),
    ("3.3", "return current_process()->pid", "return 7",
     "Exercise 3.3 is wrong: getpid gives 7 to PID"),
    ("3.5", "    process->registers = *frame;\n", "",
     "Exercise 3.5 is wrong: the process goes on with r15 0, it was interrupted with 0x51"),
    ("3.2", "push    RFLAGS_START", "push    0x3202",
     "Exercise 3.2 is wrong: PID 1 runs with RFLAGS 0x3202: its IOPL"),
], ids=["no PTE_U", "wrong PID", "begins anew", "IOPL 3"])
def test_a_run_in_which_a_program_failed_has_not_ended_well(machine, id, find, put, words):
    path = mutants.path_of(ROOT, id)
    files = {path: mutants.changed(mutants.solution(ROOT, path), find, put, id)}
    with Workspace(ROOT, files) as space:
        kernel = space.build(3, [id], "")
        record = machine.boot(kernel.image, kernel.elf)
    last = record.text.splitlines()[-1]
    assert re.match(words, last), record.text
    assert (record.end, record.status) == ("power-off", C["MACHINE_WRONG"])
    assert last in postmortem.stopped_itself(record)[-1]


@BOTH
def test_registers_of_ring_3_are_not_believed(machine):
    """A program that makes itself look like a wrong exercise 3.2 dies, and no other."""
    record = machine.boot(*built(ROOT, "LAB=3", "TEST=untimed,swapped,exit_pid"))
    assert re.search(r"#PF in PID 1: .*\n(?:.*\n)*PID 2 exits with status 2\n", record.text)
    assert (record.end, record.status) == ("power-off", 0), record.text


@BOTH
@pytest.mark.parametrize("program, words", [("asks_nmi", "NMI non-maskable interrupt"),
                                            ("machine_check", "#MC machine check")])
def test_what_the_hardware_reports_is_no_process_fault(machine, program, words):
    record = machine.boot(*built(ROOT, "LAB=3", f"TEST=doors,{program},exit_pid"))
    assert f"PANIC: {words} in ring 3 at rip 0x" in record.text
    assert "in PID" not in record.text and "exits" not in record.text, record.text
    assert record.status == C["MACHINE_PANIC"]


@BOTH
def test_behind_the_checks(machine):
    """Copies that fault are errors and leave SMAP closed; so does a program that sets AC."""
    text = machine.boot(*built(ROOT, "LAB=3", "TEST=doors,unchecked,stray")).text
    assert "PID 1 exits with status 0\n" in text, text
    assert len(re.findall(r"^ +#(?:PF|GP) in user_memory_copy\(\), from ", text, re.M)) == 9, text
    assert re.search(r"Exercise 3\.4 is wrong: the kernel has read 0x40\w{4}, which is ring 3's",
                     text), text


@BOTH
@pytest.mark.parametrize("number, name", enumerate(["ring3_test", "ring3_loop_test",
                                                    "ring3_privilege_test"]))
def test_a_program_that_is_refused_does_not_stop_the_others(machine, number, name, tmp_path):
    image, kernel = built(ROOT, "LAB=3")
    files = re.split(rb"(?=\x7fELF\x02\x01\x01)", Path(image).read_bytes())
    assert len(files) >= 4
    at = len(files) - 3 + number                # the kernel's own image may be one before them
    files[at] = files[at][:18] + b"\xb7" + files[at][19:]       # AArch64
    (tmp_path / "ringstep.img").write_bytes(b"".join(files))
    record = machine.boot(str(tmp_path / "ringstep.img"), kernel)
    assert f"    {name} is refused: -ENOEXEC\n" in record.text, record.text
    ends = ["[Ring 3 Test] All tests passed!", "has used up its 20 time slices", "#GP in PID"]
    assert [end in record.text for end in ends] == [n != number for n in range(3)], record.text
    last = "Lab 3 is not complete: 1 of its 3 programs could not be loaded"
    assert record.text.splitlines()[-1] == last and record.status == C["MACHINE_WRONG"]
