"""The two machines: how runs end, what is recorded, and that nothing is left."""
import os
import pathlib
import signal
import subprocess
import sys

import machine_images as code
import pytest

from ringstep.kernel import layout, paging, symbols
from ringstep.machine import bochs, qemu
from ringstep.machine.record import Breakpoint, Limits, MachineError
from ringstep.machine.terminal import Terminal

ROOT = pathlib.Path(__file__).parent.parent
BOTH = pytest.mark.parametrize("machine", [qemu, bochs], ids=["qemu", "bochs"])
QUICK = Limits(instructions=3_000_000, cpu_seconds=2)


@pytest.fixture
def disk(tmp_path):
    return lambda text: code.image(tmp_path / "disk.img", text)


@pytest.fixture(scope="session")
def lab1(tmp_path_factory):
    """(image, kernel) of the solved lab 1."""
    build = tmp_path_factory.mktemp("build")
    subprocess.run(["make", "-s", "-C", ROOT, "LAB=1", "SOLVED=all", f"BUILD={build}"],
                   check=True, stdout=subprocess.DEVNULL)
    kernel, = build.glob("*/lab1-boot/all/kernel.elf")
    return str(kernel.with_name("ringstep.img")), str(kernel)


# ---- how runs end ----

@BOTH
@pytest.mark.parametrize("text, end", [(code.RESET, "reset"), (code.TRIPLE, "triple-fault"),
                                       (code.HALT, "halted"), (code.SPIN, "limit")])
def test_end(machine, disk, text, end):
    assert machine.boot(disk(text), limits=QUICK).end == end


@pytest.mark.parametrize("text, end", [(code.HALT, "halted"), (code.IDLE, "limit")])
@pytest.mark.parametrize("confined", [False, True])
def test_a_processor_that_stands_still_takes_bochs_no_time(disk, text, end, confined):
    """A halted one comes to no time breakpoint: without a look at it, it took 20 s of CPU."""
    limits = Limits(instructions=80_000_000, cpu_seconds=4, confined=confined)
    record = bochs.boot(disk(text), limits=limits)
    assert (record.end, record.limit) == (end, "instructions" if end == "limit" else None)
    assert record.registers.rip and record.memory


@BOTH
@pytest.mark.parametrize("points", [(), (Breakpoint("jmp", 0x7C01),)])
def test_limit_is_the_guests_work(machine, disk, points):
    """Not seconds: the same on a busy machine and on an idle one."""
    record = machine.boot(disk(code.SPIN), limits=QUICK, breakpoints=points)
    assert record.limit == "instructions" and len(record.snapshots) == len(points)


def test_a_power_off_is_seen_before_the_hlt_behind_it(disk, monkeypatch):
    """QEMU lets the kernel run on a little. Who looks often sees that in one of five runs."""
    monkeypatch.setattr(qemu, "TICK", 0)
    assert {qemu.boot(disk("fa" + code.OFF_3)).end for _ in range(20)} == {"power-off"}


def test_a_machine_that_sleeps(disk):
    suspend = "fa ba 04 06 b8 00 24 ef eb fe"           # cli; out 0x604, 0x2400; jmp .
    assert qemu.boot(disk(suspend)).end == "suspended"


def test_a_clock_that_the_guest_has_set(disk):
    """Nothing tells the guest's work then: CPU time is the limit that is left."""
    no_month = "fa b0 08 e6 70 b0 00 e6 71 eb fe"       # cli; RTC register 8: 0; jmp .
    record = qemu.boot(disk(no_month), limits=Limits(instructions=3_000_000, cpu_seconds=1))
    assert (record.end, record.limit) == ("limit", "CPU time")


def test_status_is_what_port_e9_got(disk):
    record = qemu.boot(disk(code.OFF_3))
    assert (record.end, record.status) == ("power-off", 3)


def test_flood_is_cut(disk):
    record = qemu.boot(disk(code.FLOOD), limits=Limits(serial_bytes=5000, cpu_seconds=5))
    assert record.end == "limit" and record.serial == b"x" * 5000


@BOTH
def test_triple_fault_shows_what_led_to_it(machine, disk):
    events = machine.boot(disk(code.TRIPLE)).events
    assert [(e.kind, e.vector, e.error_code) for e in events] == [
        ("software", 3, None), ("exception", 13, 3 << 3 | 2), ("exception", 8, 0)]
    assert {e.rip for e in events} == {0x7C1E}


def test_bochs_gives_its_reason(disk):
    reasons = [e.reason for e in bochs.boot(disk(code.TRIPLE)).events]
    assert "vector must be within IDT table limits" in reasons[1]


@BOTH
def test_missing_image(machine):
    with pytest.raises(MachineError, match="/no/such.img"):
        machine.boot("/no/such.img")


@BOTH
def test_any_path(machine, tmp_path):
    folder = tmp_path / "a, 'b\" = c:"
    folder.mkdir()
    assert machine.boot(code.image(folder / "x.img", code.RESET)).end == "reset"


# ---- what is recorded ----

@BOTH
def test_lab1_record(machine, lab1):
    record = machine.boot(*lab1, breakpoints=[Breakpoint("kmain", stack=1, memory=True),
                                              Breakpoint("trap_entry", hits=7, stack=7)])
    assert (record.end, record.status) == ("power-off", 0)
    assert "Lab 1 is complete" in record.text
    assert [(e.kind, e.vector, e.error_code, e.cpl) for e in record.events] == [
        ("software", 3, None, 0), ("software", 203, None, 0), ("software", 204, None, 0),
        ("software", 203, None, 0), ("exception", 14, 2, 0), ("exception", 8, 0, 0)]
    assert record.events[4].cr2 & 0xFFF == 0xFF8
    assert record.registers.segments["cs"].selector == 0x08
    assert record.registers.segments["tr"].selector == 0x28
    assert record.registers.gdtr.base == symbols.load(lab1[1]).address("gdt")

    names = [s.name for s in record.snapshots]
    assert names == ["kmain"] + 5 * ["trap_entry"]
    vector, error, rip, cs, _, rsp, ss = record.at("trap_entry").stack
    assert (vector, error, cs, ss) == (3, 0, 8, 0x10)
    assert symbols.load(lab1[1]).function(rip)[0] == "probe_breakpoint"

    # A kept copy is of its time: at kmain() the kernel's GDT was still empty.
    gdt, cr3 = record.registers.gdtr.base, record.registers.cr3
    assert record.at("kmain").memory.virtual(cr3, gdt + 8, 8) == bytes(8)
    assert record.memory.virtual(cr3, gdt + 24, 8) == bytes.fromhex("0000000000fa2000")


@BOTH
def test_a_breakpoint_is_hit_so_often_and_no_more(machine, lab1):
    record = machine.boot(*lab1, breakpoints=[Breakpoint("trap_entry", hits=1)])
    assert [s.name for s in record.snapshots] == ["trap_entry"] and record.end == "power-off"


@BOTH
def test_page_tables(machine, lab1):
    record = machine.boot(*lab1)
    pages = paging.mappings(record.memory, record.registers.cr3)
    table = {start: (end - start, permissions)
             for start, end, permissions, _ in layout.ranges({}, pages)}
    assert table[0xFFFF888000000000] == (2 << 20, "rw- kernel")     # up to the image's code
    assert table[0xFFFF800010000000][1] == "r-x kernel"
    assert not any("wx" in permissions for _, permissions in table.values())


@BOTH
def test_same_record_every_time(machine, lab1):
    first, second = (machine.boot(*lab1, breakpoints=[Breakpoint("trap_entry", hits=9)])
                     for _ in "12")
    for name in ("end", "serial", "events", "registers"):
        assert getattr(first, name) == getattr(second, name)
    assert [s.registers for s in first.snapshots] == [s.registers for s in second.snapshots]


# ---- the runner ----

def runner(*arguments, **more):
    return subprocess.Popen([sys.executable, "-B", "-m", "ringstep", *arguments], text=True,
                            env=dict(os.environ, PYTHONPATH=str(ROOT / "tools")),
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)


@pytest.mark.parametrize("command", ["qemu-nox", "bochs"])
def test_runner_ends_with_a_line(command, lab1):
    process = runner(command, "--image", lab1[0], "--kernel", lab1[1])
    out, err = process.communicate()
    assert process.returncode == 0 and "Lab 1 is complete" in out
    assert err == f"{command.split('-')[0]}: the kernel shut down\n"


def test_runner_explains_a_reset(disk, lab1):
    process = runner("qemu-nox", "--image", disk(code.TRIPLE), "--kernel", lab1[1])
    err = process.communicate()[1]
    assert process.returncode == 4
    assert "#GP general protection (IDT entry 3) at 0x7c1e" in err
    assert err.endswith("triple fault\n")


SAID = b"a\x1b[2J \xc3\xa9 \xc2\x9b5n \xff\x07\t\x7f\\\r\nz\xe2\x82"


@pytest.mark.parametrize("size", [1, 2, 3, len(SAID)])
def test_control_bytes_do_not_command_the_terminal(size, capfdbinary):
    """However the bytes come in. Text, tabs and ends of lines stay as they are."""
    terminal = Terminal()
    for at in range(0, len(SAID), size):
        terminal(SAID[at:at + size])
    terminal.end()
    assert capfdbinary.readouterr().out == (
        rb"a\x1b[2J " + "é".encode() + rb" \x9b5n \xff\x07" + b"\t" + rb"\x7f\\"[:-1] + b"\r\n"
        + rb"z\xe2\x82")


@pytest.mark.parametrize("command", ["qemu-nox", "bochs"])
def test_the_runner_shows_control_bytes_and_the_record_keeps_them(command, disk, lab1):
    send = "b0 {:02x} ee b9 ff ff e2 fe"                # mov al, byte; out dx, al; wait a little
    text = disk("ba fb 03 b0 03 ee ba f8 03" + "".join(map(send.format, b"\x1bx\x9b")) + code.RESET)
    out = runner(command, "--image", text, "--kernel", lab1[1]).communicate()[0]
    assert out.splitlines()[0] == r"\x1bx\x9b"
    assert (bochs if command == "bochs" else qemu).boot(text).serial == b"\x1bx\x9b"


@pytest.mark.parametrize("number, status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_nothing_is_left(number, status, disk, lab1, tmp_path):
    # The kernel says one letter, so that we know that the emulator runs.
    image = disk("ba f8 03 b0 78 ee fa eb fe")
    process = runner("qemu-nox", "--image", image, "--kernel", lab1[1])
    assert process.stdout.read(1) == "x"
    children = children_of(process.pid)
    assert children
    process.send_signal(number)
    process.communicate()
    assert process.returncode == status
    assert not [pid for pid in children if os.path.exists(f"/proc/{pid}")]


def children_of(pid):
    return pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_no_traceback(lab1):
    process = runner("qemu-nox", "--image", "/no/such.img", "--kernel", lab1[1])
    err = process.communicate()[1]
    assert process.returncode == 6
    assert err.startswith("qemu: /no/such.img:") and err.count("\n") == 1
