"""The contract is read from the headers: what a header says more, the tools say, too."""
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from test_gdb import PORT

from ringstep.course.labs import CourseError
from ringstep.kernel import contract as module
from ringstep.kernel.contract import contract

ROOT = Path(__file__).parent.parent
PROCESS = "labs/lab2-process/include/process.h"


@pytest.fixture
def tree(tmp_path):
    """A tree of our own: scratch(folders) copies them; all that is built is left out."""
    def scratch(*folders):
        for part in ("Makefile", "tools", *folders):
            copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy2
            (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
            copy(ROOT / part, tmp_path / part)
        return tmp_path
    return scratch


def change(file, *pairs):
    text = file.read_text()
    for old, new in pairs:
        assert text.count(old) == 1
        text = text.replace(old, new)
    file.write_text(text)


def make(root, *words, **environment):
    return subprocess.run(["make", "-s", *words], cwd=root, universal_newlines=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=dict(os.environ, **environment)).stdout


def test_numbers():
    """Expressions are worked out; what is no number is left out."""
    numbers = contract(ROOT).numbers
    assert numbers["KERNEL_STACK_SLOT"] == numbers["PAGE_SIZE"] + numbers["KERNEL_STACK_SIZE"]
    assert numbers["KERNEL_BASE"] == 0xFFFF800010000000 and numbers["SEGMENT_P"] == 1 << 47
    assert numbers["MACHINE_PANIC"] == 1 and numbers["VECTOR_PF"] == 14
    assert not {"ELF_IDENT", "FRAME_NONE", "GATE_DPL", "INT32_MAX", "NULL"} & set(numbers)


def test_structures():
    found = contract(ROOT).structure("tss")
    assert (found.size, found.offset("rsp[0]"), found.offset("ist[6]")) == (104, 4, 84)
    data = bytes(range(16))
    assert contract(ROOT).structure("gate").read(data)["offset_middle"] == 0x0706


def test_a_good_run_asks_no_compiler(monkeypatch):
    contract(ROOT)
    contract.cache_clear()
    monkeypatch.setattr(module, "ask_compiler", None)
    assert contract(ROOT).numbers["PAGE_SIZE"] == 4096


def test_a_later_lab_embeds_the_record(tree):
    root = tree("labs")
    folder = root / "labs/lab10-scratch/include"
    folder.mkdir(parents=True)
    (folder / "embedding.h").write_text("""#pragma once
        #include <process.h>
        #define SELECTOR_OTHER (0x18 | 3)
        struct process10 { struct process process; int parent; };
        struct process11 { struct process10 inner; unsigned children[2]; };
        enum process10_state { PROCESS_WAITING_LONG = PROCESS_DEAD + 1 };\n""")
    found, ours = contract(root), contract(ROOT)
    assert found.numbers["SELECTOR_OTHER"] == 0x1B
    assert found.record(3) == ours.record(3) and found.states(3) == ours.states(3)
    leaves = found.record(10).leaves
    assert {name: leaves[name] for name in ours.record(3).leaves} == ours.record(3).leaves
    assert {"inner.parent", "parent", "children[1]"} & set(leaves) == {"parent", "children[1]"}
    assert found.states(10)[4] == "waiting long"


def test_a_header_that_does_not_compile(tree):
    root = tree("labs")
    change(root / PROCESS, ("struct process {", "struct process { nonsense;"))
    with pytest.raises(CourseError, match="process.h.*nonsense"):
        contract(root)


def test_an_edition_of_lab_1(tree):
    """The tools work without the headers of later labs."""
    root = tree("labs/lab1-boot")
    program = ("import ringstep.explain.memmap, ringstep.explain.postmortem\n"
               "from ringstep.kernel.layout import CONSTANTS, name\n"
               "print('SYS_WRITE' in CONSTANTS, name({}, CONSTANTS['KERNEL_STACK_BASE']))")
    out = subprocess.run([sys.executable, "-B", "-c", program], cwd=root, stdout=subprocess.PIPE,
                         env=dict(os.environ, PYTHONPATH="tools"), universal_newlines=True).stdout
    assert out == "False kernel half\n"


@pytest.mark.slow
def test_a_field_and_a_state_more(tree):
    """The map, GDB and the explanation of a crash read a process's record as it is now."""
    root = tree("labs", "solutions", "grading", "handouts")
    change(root / PROCESS,
           ("    pid_t pid; ", "    uint64_t colour[3];\n    pid_t pid; "),
           ("    PROCESS_READY, ", "    PROCESS_RESTING,\n    PROCESS_READY, "))
    out = make(root, "map", "LAB=3", "SOLVED=all")
    assert re.search(r"0x00100000 - 0x00101000 +4 KiB  record of PID 1", out), out
    assert re.search(r"kernel stack 0 \(PID 1\) +rw- +rw- = +rw- = +rw- =", out)
    out = make(root, "gdb", "LAB=3", "SOLVED=all", f"GDBPORT={PORT}",
               GDBFLAGS="-batch -ex until-ring3 -ex ps")
    assert re.search(r"\* 1 +running .*\n +2 +ready .*\n +3 +ready .* 0x400000, ring 3", out), out
    change(root / "solutions/lab3-ring3/exercises/jump_to_usermode.S",
           ("eax, SELECTOR_USER_DATA", "eax, SELECTOR_USER_DATA - 3"))
    out = make(root, "qemu-nox", "LAB=3", "SOLVED=all")
    assert "SS has RPL 0 and CS has RPL 3" in out, out
