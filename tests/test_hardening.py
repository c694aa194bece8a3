"""What keeps a mistake, or a program in ring 3, from getting further than it must."""
import re
import shutil
import subprocess
from pathlib import Path
from typing import List, Tuple

import pytest

from ringstep.kernel import paging, symbols
from ringstep.kernel.constants import constants
from ringstep.machine import bochs, qemu
from ringstep.machine.record import Record

ROOT = Path(__file__).parent.parent
C = constants(str(ROOT))
BOTH = pytest.mark.parametrize("machine", [qemu, bochs], ids=["qemu", "bochs"])


def built(tree: Path, *arguments: str) -> Tuple[str, str]:
    """(image, kernel) of a kernel with all exercises solved."""
    made = subprocess.run(["make", "SOLVED=all", *arguments], cwd=tree, check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    out = tree / re.search(r"(\S+)/ringstep\.img", made)[1]
    return str(out / "ringstep.img"), str(out / "kernel.elf")


@BOTH
def test_the_processor_protects(machine):
    """CR4 has what both emulated processors have."""
    registers = machine.boot(*built(ROOT, "LAB=1")).registers
    for bit in ("CR4_MCE", "CR4_UMIP", "CR4_SMEP"):
        assert registers.cr4 & C[bit], f"{bit} is clear"


def writable(record: Record, frame: int) -> List[int]:
    """The addresses at which a frame can be written to."""
    return [at.virtual for at in paging.mappings(record.memory, record.registers.cr3)
            if at.writable and at.physical <= frame < at.physical + at.size]


@BOTH
def test_code_is_read_only_and_guards_are_unmapped(machine):
    image, kernel = built(ROOT, "LAB=1")
    record, names = machine.boot(image, kernel), symbols.load(kernel).names
    offset = C["KERNEL_LOAD_ADDRESS"] - C["KERNEL_BASE"]
    for name in ("kernel_text_start", "trap_entry", "kernel_rodata_start", "trap_stubs"):
        assert not writable(record, names[name] + offset), f"{name} can be written to"
    assert len(writable(record, names["idt"] + offset)) == 2    # by its name, and in the map
    stride = C["PAGE_SIZE"] + C["IST_STACK_SIZE"]
    guards = [names["ist_stacks"] + i * stride for i in range(4)] + [names["boot_stack_guard"]]
    for guard in guards:
        for address in (guard - 1, guard + C["PAGE_SIZE"]):
            assert paging.translate(record.memory, record.registers.cr3, address) is not None
        for address in (guard, guard + C["PAGE_SIZE"] - 1):
            assert paging.translate(record.memory, record.registers.cr3, address) is None


KERNEL = """
#include <lab2.h>
#include <trap.h>

static void overflow(struct trap_frame *frame)
{
    (void)frame;
    asm volatile ("1: push $0; jmp 1b" : : : "memory");
}

_Noreturn void kmain(void)
{
    lab2_start();
    (void)probe_read(0x10);                     /* now CR2 is in the null page */
    trap_register(VECTOR_NMI, overflow);
    asm volatile (CAUSE : : "r"(0x8000000000000000) : "memory");
    machine_off(MACHINE_DONE);
}
"""


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    tree = tmp_path_factory.mktemp("scratch") / "tree"
    shutil.copytree(ROOT, tree, ignore=shutil.ignore_patterns("build", ".git"))
    return tree


@BOTH
@pytest.mark.parametrize("name, cause, words", [
    ("no_stack", r"mov %0, %%rsp; int3",
     r"#DF after a #SS: a stack at 0x8000000000000000, which is not canonical"),
    ("no_table", r"mov $0xc, %%eax; mov %%eax, %%ds",
     r"PANIC: #GP .*\n    vector 13, error code 0xc\n"),
    ("full_stack", r"int $2", r"#DF after a #PF, address (0x[0-9a-f]+)\n"),
])
def test_an_exception_is_told_by_what_led_to_it(machine, scratch, name, cause, words):
    (scratch / f"grading/lab2/{name}.c").write_text(KERNEL.replace("CAUSE", f'"{cause}"'))
    image, kernel = built(scratch, "LAB=2", f"TEST={name}")
    record = machine.boot(image, kernel)
    found = re.search(words, record.text)   # no_table: #PF, where LDTR is as after a reset
    assert found and record.text.count("null page") == 1, record.text
    if found.groups():                          # the NMI's stack is the second one
        guard = symbols.load(kernel).names["ist_stacks"] + C["PAGE_SIZE"] + C["IST_STACK_SIZE"]
        assert 0 <= int(found[1], 0) - guard < C["PAGE_SIZE"]
