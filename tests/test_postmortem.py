"""Why a run ended badly: for each wrong solution that crashes, the true cause."""
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import machine_images as code
import pytest

from ringstep.course import labs
from ringstep.explain import postmortem
from ringstep.explain.addresses import operand_address
from ringstep.explain.scene import section_of
from ringstep.grading import mutants
from ringstep.grading.workspace import Workspace
from ringstep.machine import bochs, qemu
from ringstep.machine.record import Limits, Registers

ROOT = Path(__file__).parent.parent
PATHS = {id: path for id, _, path in labs.exercises(ROOT)}
WRONG = {(id, what): (find, put) for id, what, find, put, *_ in mutants.table(ROOT, "wrong")}

# Every row of wrong_lab*.py that ends the lab's own kernel in a reset, a panic or a hang:
# the lab that is booted, the row, and words of the cause. The first four are quick.
CRASHES = [
    (1, "1.2", "lgdt forgotten", "boot code's GDT: was lgdt executed"),
    (1, "1.5", "error code not dropped", "8 bytes too low at iretq"),
    (3, "2.4", "kernel half not copied", "entry 256 of the PML4"),
    (3, "3.2", "SS with RPL 0", "SS has RPL 0 and CS has RPL 3"),
    (1, "1.2", "SS loaded with the code segment", "SS cannot hold selector 0x8"),
    (1, "1.3", "not present",
     'ltr refuses selector 0x28: its descriptor is "available 64-bit TSS, not present'),
    (1, "1.3", "a code segment's S bit",
     'ltr refuses selector 0x28: its descriptor is "present, DPL 0, 16-bit code"'),
    (1, "1.5", "nothing dropped", "16 bytes too low at iretq"),
    (1, "1.6", "interrupts switched on", "no exception: the interrupt of line 0"),
    (3, "1.5", "error code not dropped", "8 bytes too low at iretq"),
    (1, "1.5", "rcx not pushed", "pushed fewer registers than struct trap_frame holds"),
    (3, "1.5", "rcx not popped", "as many pops as pushes"),
    (3, "1.5", "return with retfq", "ends with retfq"),
    (1, "1.5", "frame not handed over", "must put RSP into rdi"),
    (3, "1.5", "frame not handed over", "must put RSP into rdi"),
    (3, "2.1", "frame handed out twice", "frame 0x100000 was handed out twice"),
    (3, "2.1", "first MiB handed out", "in the first MiB: a frame there was handed out"),
    (3, "2.2", "index of the level above", "two addresses to the same entry"),
    (3, "2.2", "flags taken for the address", "without the flags (pte_frame)"),
    (3, "2.4", "only entry 256 copied", "entry 273 of the PML4"),
    (3, "2.4", "kernel half shifted by one", "entry 256 of the PML4"),
    (3, "2.4", "lower tables leaked", "6 for each process, no more than the tables below a PML4"),
    (3, "2.4", "pages leaked",
     "18 for each process, as many as the pages of a program and its stack"),
    (2, "2.4", "kernel half freed, too", "the kernel half was freed, too"),
    (3, "2.4", "kernel half freed, too", "the kernel half was freed, too"),
    (3, "2.4", "the kernel's own page table for everybody",
     "own page table has mappings in the user half"),
    (3, "2.5", "guard page mapped", "the pages [0] are still mapped"),
    (3, "2.5", "stack one page short", "the pages [2, 3, 4] are mapped"),
    (3, "2.5", "top one page too high", "not the one that was mapped"),
    (3, "2.5", "freed stack keeps its frames",
     "as many as a kernel stack has: are its frames freed?"),
    (3, "2.5", "every stack in slot 0", "yet 1 of the kernel stacks is mapped"),
    (3, "2.6", "kernel stack leaked by destroy", "free_kernel_stack() was not called"),
    (3, "2.6", "record leaked by destroy", "process_discard()"),
    (3, "2.6", "page table leaked by destroy", "destroy_user_page_table()"),
    (3, "2.6", "not in the process table", "not in the process table"),
    (3, "3.1", "no handler", "no handler is registered"),
    (3, "3.2", "CS with RPL 0", "CS has RPL 0, and its descriptor has DPL 3"),
    (3, "3.2", "the five values in reverse", "RIP must be pushed last"),
    (3, "3.2", "stays in ring 0", "SS has RPL 3 and CS has RPL 0"),
    (3, "3.2", "jump instead of iretq", "runs in ring 0"),
    (3, "3.5", "never ends a process", "the timer has interrupted PID 2"),
    (3, "3.5", "slices not counted", "the timer has interrupted PID 2"),
    (3, "3.5", "end of everything instead of the process", "while PID 2 is in the process table"),
    (3, "3.6", "the fault kills the kernel", "process_fault() must end the process only"),
    (3, "3.6", "everybody dies", "is in the process table: process_fault() must"),
    (1, "1.2", "CS pushed as four bytes", "retf takes 4 bytes off the stack for each value"),
    (1, "1.3", "the reserved half filled", "reserved bits of its descriptor are set"),
    (1, "1.5", "iret with two-byte values", "iret takes 2 bytes off the stack for each value"),
    (1, "1.5", "frame taken from the stack", "iretq to CS 0x"),
    (1, "1.5", "interrupts on in the handler", "no exception: the interrupt of line 0"),
    (2, "2.1", "what lies between the regions, too", "a frame of the kernel's own image"),
    (2, "2.6", "the record given back before it is read", "0xDB in each byte"),
    (2, "2.6", "removed after its record is gone", "process_remove() comes before"),
    (2, "2.6", "the error of the page table ignored", "free_table() took 0x"),
    (1, "1.2", "interrupts on afterwards", "no exception: the interrupt of line 0"),
    (2, "2.1", "one frame behind the end of a region", "the first byte behind that region"),
    (2, "2.1", "one frame of the kernel's behind a region", "the first byte behind that region"),
    (2, "2.2", "NX taken for a part of the address", "which is NX in an entry"),
    (2, "2.2", "a physical address used as it is", "phys_to_virt() makes a pointer of it"),
    (2, "2.3", "the missing table not noticed", "page_map() used a null pointer"),
    (2, "2.6", "one unknown PID known", "process_remove() used a null pointer"),
    (3, "3.2", "the five values pushed on the user stack", "in jump_to_usermode()"),
    (3, "3.2", "iret with four-byte values", "iretd takes 4 bytes off the stack"),
    (3, "3.3", "destroyed before it has ended", "sys_exit() calls process_end() only"),
    (3, "3.5", "destroyed before it has ended", "timer_tick() calls process_end() only"),
    (3, "3.6", "destroyed before it has ended", "process_fault() calls process_end() only"),
    (4, "4.1", "RSP with the return address still on the stack", "#PF page fault at"),
    (4, "4.1", "goes on in ring 3's segment", "iretq to CS 0x1b and SS 0x10"),
    (4, "4.1", "SS of ring 3", "iretq to CS 0x8 and SS 0x23"),
    (4, "4.1", "returns at once", "somebody was put into it twice"),
    (4, "4.1", "goes on at its own start", "wait_switch() used a null pointer"),
    (4, "4.2", "in no queue", "nobody comes to call wake_up(): PID 3 waits in slots+"),
    (4, "4.2", "in the queue of those that are ready", "it goes round in"),
    (4, "4.2", "does not wait", "it goes round in"),
    (4, "4.2", "awake, and in no queue",
     "PID 3, 4, 5: PROCESS_READY, and not in the queue `ready`"),
    (4, "4.2", "woken twice", "the queue `ready` leads back to itself"),
    (4, "4.2", "halts with interrupts off",
     "nobody comes to call wake_up(): PID 3 waits in slots+"),
    (4, "4.2", "looks once, and halts once",
     "PID 3, 4, 5: waiting, and the kernel takes them for gone"),
    (4, "4.2", "the first of the table, ready or not", "the queue `ready` leads back to itself"),
    (4, "4.2", "gives up when nobody is ready",
     "PID 3, 4, 5: waiting, and the kernel takes them for gone"),
    (4, "4.4", "ready in name only", "PID 7: PROCESS_READY, and not in the queue `ready`"),
    (4, "4.4", "in the table before it is whole", "one that was given up was entered"),
    (4, "4.5", "gone at once", "PID 8 waits in child_ended of its own"),
    (4, "4.5", "no zombie", "PID 8 waits in child_ended of its own"),
    (4, "4.5", "orphans keep their parent", "PID 13: a zombie for whom nobody will ask"),
    (4, "4.5", "living children of a dead parent are destroyed",
     "somebody was destroyed who could still run"),
    (4, "4.5", "an orphan becomes a zombie", "PID 8, 13: a zombie for whom nobody will ask"),
    (4, "4.5", "never reaped", "PID 9, 10, 11, 12: a zombie for whom nobody will ask"),
    (4, "4.5", "reaped, and still a child", "wait4() finds who has ended"),
    (4, "4.5", "status written without a look", "in sys_wait4()"),
    (4, "4.6", "no owner more", "frames more are free than before the first process"),
    (4, "4.6", "two owners more", "still have further owners"),
    (4, "4.6", "the last owner copies once more", "the last owner keeps the frame"),
    (4, "4.6", "the old owner is not counted out", "still have further owners"),
    (4, "4.6", "the old frame is freed", "6 frames more are free than before the first process"),
]


def slow_after(number, rows):
    return [
        row if i < number else pytest.param(*row, marks=(pytest.mark.slow, pytest.mark.many))
        for i, row in enumerate(rows)
    ]


def boot_wrong(lab, id, what, machine=qemu):
    """(record, kernel) of a lab in which one exercise is wrong."""
    text = mutants.changed(mutants.solution(ROOT, PATHS[id]), *WRONG[id, what], what)
    with Workspace(ROOT, {PATHS[id]: text}) as workspace:
        kernel = workspace.build(lab, {id}, "")
        record = machine.boot(kernel.image, kernel.elf, Limits(cpu_seconds=2))
        if machine is bochs:
            postmortem.look_again(record, kernel.elf, kernel.image)
        return record, postmortem.explain(record, kernel.elf)


@pytest.mark.parametrize("lab, id, what, words", slow_after(4, CRASHES))
def test_true_cause(lab, id, what, words):
    _, explanation = boot_wrong(lab, id, what)
    assert words in explanation.cause, explanation


@pytest.mark.slow
def test_no_crash_is_missing():
    """A new row of wrong_lab*.py that crashes has a row here, too."""
    listed = {(id, what) for _, id, what, _ in CRASHES}
    for id, what in WRONG:
        if (id, what) not in listed:
            record, _ = boot_wrong(labs.lab_of(id), id, what)
            assert (record.end, record.status) in [("power-off", s) for s in (0, 2, 3)], (id, what)


def test_chain_and_what_is_at_fault():
    _, explanation = boot_wrong(1, "1.2", "lgdt forgotten")
    first, second, third = explanation.chain
    assert first.startswith("#GP") and re.search(
        r"in gdt_load, labs/lab1-boot/exercises/gdt_load.S:\d+, ring 0$", first)
    assert second.startswith("#PF") and third.startswith("#DF")
    assert second.endswith("while the one above was being delivered")
    assert explanation.at_fault[:2] == [
        "the instruction: mov ss, eax", "selector 0x10: an empty entry of the GDT"
    ]
    assert "no IDT is loaded yet" in explanation.at_fault[2]
    assert explanation.read == "handouts/lab1.md#exercise-12-gdt_load"


# Bochs gives no registers at an exception, and no stack pointer: with these the chain
# of exceptions, or where a pointer came from, is not known there.
NOT_ON_BOCHS = {"frame not handed over", "first MiB handed out"}


@pytest.mark.parametrize("lab, id, what, words",
                         slow_after(0,
                                    [row for row in CRASHES[::3] if row[2] not in NOT_ON_BOCHS]))
def test_true_cause_on_bochs(lab, id, what, words):
    _, explanation = boot_wrong(lab, id, what, bochs)
    assert words in explanation.cause, explanation


def test_bochs_adds_its_reason():
    _, explanation = boot_wrong(3, "3.2", "SS with RPL 0", bochs)
    assert "[iret64: SS.rpl != CS.rpl]" in explanation.chain[
        0] and "SS has RPL 0 and CS has RPL 3" in explanation.cause


def test_page_walk_stops_where_it_stops():
    _, explanation = boot_wrong(3, "2.4", "kernel half not copied")
    assert explanation.at_fault[-1].endswith(
        "level 4, index 256: 0x0000000000000000 not present: the walk stops here")


def slug(heading):
    return re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-")


def test_pages_to_read_exist():
    source = "".join(file.read_text() for file in (ROOT / "tools/ringstep/explain").glob("*.py"))
    ids = set(re.findall(r'"(\d+\.\d+)"', source))
    named = set(re.findall(r'"(\w+\.md)#([a-z0-9_-]+)"', source))
    assert len(named) > 5 and len(ids) > 10 and ids <= set(PATHS)
    named |= {tuple(section_of(id).split("#")) for id in ids}
    vectors = [
        "de-divide-error", "bp-breakpoint", "ud-invalid-opcode", "nm-device-not-available",
        "df-double-fault", "ts-invalid-tss", "np-segment-not-present", "ss-stack-segment-fault",
        "gp-general-protection", "pf-page-fault", "exceptions", "it-hangs", "it-resets"
    ]
    for page, anchor in named | {("trouble.md", v) for v in vectors}:
        headings = re.findall(r"^#+ (.*)", (ROOT / "handouts" / page).read_text(), re.M)
        assert anchor in map(slug, headings), f"{page}#{anchor}"


@pytest.mark.parametrize("op, address", [
    ("mov rax, qword ptr [rbx + rcx*8 - 0x10]", 0x1020), ("mov eax, DWORD PTR [rbx+rcx*8]", 0x1030),
    ("mov al, byte ptr [rcx - 8]", (1 << 64) - 2), ("jmp qword ptr [rip + 0x10]", None),
    ("iretq", None)])
def test_address_of_an_operand(op, address):
    registers = Registers({"rbx": 0x1000, "rcx": 6}, None, None, 0)
    assert operand_address(SimpleNamespace(op=op, registers=registers)) == address


# ---- before the kernel, and in a terminal ----

@pytest.fixture
def disk(tmp_path):
    return lambda text: code.image(tmp_path / "disk.img", text)


def test_before_the_kernel(disk):
    explanation = postmortem.explain(qemu.boot(disk(code.TRIPLE)))
    assert "the instruction: int3" in explanation.at_fault
    assert "no IDT is loaded yet" in " ".join(explanation.at_fault)


def test_hang_says_where(disk):
    record = qemu.boot(disk(code.SPIN), limits=Limits(cpu_seconds=1))
    assert postmortem.cause(record).startswith("it goes round in at 0x7c01")
    assert "hlt with interrupts off" in postmortem.cause(qemu.boot(disk(code.HALT)))


def test_kernels_own_reset(disk):
    assert "the kernel itself reset" in postmortem.cause(qemu.boot(disk(code.RESET)))


@pytest.fixture(scope="module")
def lab1():
    made = subprocess.run(["make", "LAB=1", "SOLVED=all"], cwd=ROOT, stdout=subprocess.PIPE,
                          text=True, check=True)
    return re.search(r"(\S+ringstep\.img)", made.stdout)[1]


def runner(*arguments):
    return subprocess.Popen([sys.executable, "-B", "-m", "ringstep", *arguments], text=True,
                            cwd=ROOT, env=dict(os.environ, PYTHONPATH="tools"),
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_why_remembers(disk, lab1, tmp_path):
    kernel = lab1.replace("ringstep.img", "kernel.elf")
    image, last = disk(code.TRIPLE), str(tmp_path / "last")
    run = lambda command, image: runner(command, "--image", image, "--kernel", kernel, "--last",
                                        last).communicate()
    assert "nothing has been run" in run("why", image)[1]
    err = run("qemu-nox", image)[1]
    assert "#GP general protection (IDT entry 3)" in err and "no IDT is loaded yet" in err
    out = run("why", "")[0]
    assert "triple fault" in out and "vector must be within IDT table limits" in out
    assert run("qemu-nox",
               lab1)[1] == "qemu: the kernel shut down\n"  # a clean run prints nothing
    assert "nothing to explain" in run("why", "")[0]


def test_ctrl_c_says_where(disk, lab1):
    process = runner("qemu-nox", "--image", disk("ba f8 03 b0 78 ee fa eb fe"), "--kernel",
                     lab1.replace("ringstep.img", "kernel.elf"))
    assert process.stdout.read(1) == "x"
    process.send_signal(signal.SIGINT)
    err = process.communicate()[1]
    assert process.returncode == 130
    assert "cause: it goes round in" in err
    assert "no emulator is left running" in err
