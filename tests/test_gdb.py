"""Sessions with GDB, typed as a student types them."""
import os
import re
import shlex
import signal
import subprocess
import time
from pathlib import Path

import pexpect
import pytest

ROOT = Path(__file__).parent.parent
PORT = 27000 + os.getpid() % 5000
GDB = int(
    re.search(r" (\d+)\.\S*\n",
              subprocess.run(["gdb", "--version"], stdout=subprocess.PIPE, text=True).stdout)[1])


def session(*lines, lab=3, solved="all"):
    """What `make gdb` prints when these lines are typed."""
    flags = "-batch " + " ".join(f"-ex {shlex.quote(line)}" for line in lines)
    made = subprocess.Popen(
        ["make", "-s", "gdb", f"LAB={lab}", f"SOLVED={solved}", f"GDBPORT={PORT}"], cwd=ROOT,
        text=True, env=dict(os.environ, GDBFLAGS=flags), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, start_new_session=True)
    try:
        return made.communicate(timeout=300)[0]
    except subprocess.TimeoutExpired:               # nothing may stay behind
        os.killpg(made.pid, signal.SIGTERM)
        raise


def nothing_left():
    found = subprocess.run(["pgrep", "-f", f"tcp:127.0.0.1:{PORT}"], stdout=subprocess.PIPE,
                           text=True).stdout
    return found == ""


def test_from_the_boot_sector_to_ring_3():
    """One session: real mode, protected mode, long mode, the kernel, ring 3."""
    out = session("tbreak *0x7c00", "continue", "ring", "x/3i $rip", "code",
                  "tbreak protected_mode", "continue", "ring", "x/2i $rip", "code $pc 2",
                  "tbreak kmain", "continue", "gdt", "until-ring3", "gdt", "x/2i $rip",
                  "info symbol $rip")
    assert "ring 0, 16-bit code, paging off" in out
    assert re.search(r"=> 0x7c00:\s+jmp +0x7c3e\n +0x7c02:\s+nop\n", out)
    assert "ring 0, 32-bit code, paging off" in out
    assert re.search(r"=> 0x\w+:\s+mov ax,0x\w+\n +0x\w+:\s+mov ds,e?ax\n", out)
    if GDB >= 13:                                   # x/i knows the mode, too
        assert re.search(r"=> 0x7c00 <boot_sector>:\s+jmp", out) and re.search(
            r"<boot_sector\+2>:\s+nop", out)
        assert re.search(r"<protected_mode\+4>:\s+mov\s+ds,\w+", out)
    assert "the boot code has its GDT there" in out and "present, DPL 0, 64-bit code  [CS]" in out
    assert "ring 3, 64-bit code, paging on, interrupts on (IF 1), CS 0x1b, SS 0x23" in out
    assert re.search(r"0x18 user code +0x0020fa0000000000 present, DPL 3, 64-bit code  \[CS\]", out)
    assert "_start in section .text of" in out and "<_start+3>:\tlea" in out
    assert "Traceback" not in out and nothing_left()


@pytest.mark.slow
def test_tables():
    out = session("until-ring3", "idt", "idt gp", "idt 0x80", "tss", "pt $rip", "pt 0 2",
                  "pt 0x400000 2", "vmmap", "ps", "pt 0xffff800000000000")
    assert re.search(
        r"8 +#DF double fault +interrupt gate to 0x0008:its stub, present, DPL 0, IST 1", out)
    assert re.search(r"128  interrupt 128 .* DPL 3, IST 0", out)
    assert re.search(r"RSP0  0xffff800000005000  kernel stack 0 \(PID 1\)\n", out)
    pages = re.findall(
        r"level 1, index 0: 0x\w+ P U -> (0x\w+)\n  so it is physical (0x\w+), r-x user", out)
    assert len(pages) == 2 and pages[0] != pages[1] and all(entry == physical
                                                            for entry, physical in pages)
    assert re.search(
        r"level 2, index 0: 0x0+ not present: the walk stops here\n  so it is not mapped", out)
    assert "0x00007ffffffef000 - 0x00007ffffffff000      64 KiB  rw- user    user stack" in out
    assert ("0xffff800000006000 - 0xffff80000000a000      16 KiB  rw- kernel  "
            "kernel stack 1 (PID 2)" in out)
    assert re.search(r"\* 1 +running", out) and re.search(r"  3 +ready", out)
    assert "guard page below kernel stack 0 (PID 1)" in out and "<--" not in out


@pytest.mark.slow
def test_traps():
    out = session("until-ring3", "until-trap 0x80", "trapframe", "tbreak syscall_dispatch",
                  "continue", "trapframe", "until-trap gp", "why", "info symbol 0x400000")
    assert "interrupt 128 from ring 3 at 0x" in out
    # Each stop lets the clock jump to the next tick: whose turn it is, is not told.
    frames = re.findall(r"trap frame at (0xffff80000000[49e]f50) \(kernel stack \d \(PID \d\)\): "
                        r"interrupt 128", out)
    assert len(frames) == 2 and len(set(frames)) == 1
    assert re.search(r"pushed by the processor:\n +ss 0x23 +rsp 0x\w+ +rflags 0x\w+ +cs 0x1b", out)
    assert "rax (not yet)" in out
    assert re.search(r"pushed by trap_entry:\n +rax 0x(1|27) ", out)
    assert "it came from ring 3" in out
    assert "#GP general protection (no selector is named) from ring 3" in out
    assert "ring3_privilege_test" in out
    assert "cause: `cli` may be executed in ring 0 only" in out


@pytest.mark.slow
def test_why_names_the_cause_of_a_crash(tmp_path):
    from test_postmortem import PATHS, WRONG

    from ringstep.grading import mutants
    from ringstep.grading.workspace import Workspace
    text = mutants.changed(mutants.solution(ROOT, PATHS["3.2"]), *WRONG["3.2", "SS with RPL 0"], "")
    with Workspace(ROOT, {PATHS["3.2"]: text}) as workspace:
        kernel = workspace.build(3, {"3.2"}, "")
        words = ["/usr/bin/python3", "-B", "-m", "ringstep", "gdb", "--image", kernel.image,
                 "--kernel", kernel.elf, "--port", str(PORT), "--last", str(tmp_path)]
        out = subprocess.run(words, cwd=ROOT, text=True, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, timeout=300,
                             env=dict(os.environ, PYTHONPATH="tools",
                                      GDBFLAGS="-batch -ex until-ring3 -ex why")).stdout
    assert "the iretq raised an exception instead" in out
    assert "SS has RPL 0 and CS has RPL 3" in out


@pytest.mark.slow
def test_mistakes_are_one_line():
    out = session("run", "start", "idt 256", "idt nonsense", "pt", "pt 0 9", "pt nonsense",
                  "gdt 3", "ps", "trapframe", "why", "tss", "help pt", "help ringstep",
                  "complete until-trap p")
    assert "type continue (c) to let it run, not run" in out
    assert "type continue (c) to let it run, not start" in out
    assert "256 is no vector" in out and "pt wants an address" in out and "there is no PID 9" in out
    assert "gdt takes no words" in out
    assert "the process table is empty" in out
    assert "TR is 0: ltr has not" in out
    assert "Traceback" not in out and "Error" not in out
    assert "the walk of an address, level by level" in out and "until-trap pf" in out


@pytest.fixture
def waiting():
    """A machine that `make qemu-gdb` has started, and that waits for GDB."""
    machine = pexpect.spawn("make", ["-s", "qemu-gdb", "LAB=1", "SOLVED=all", f"GDBPORT={PORT}"],
                            cwd=str(ROOT), encoding="utf-8", timeout=300)
    machine.expect(r"In a second terminal, type\s+make gdb ")
    while subprocess.run(["pgrep", "-f", f"gdb tcp:127.0.0.1:{PORT}"],
                         stdout=subprocess.DEVNULL).returncode:
        time.sleep(0.05)
    yield machine
    machine.close(force=True)


@pytest.mark.slow
def test_two_terminals(waiting):
    """`make qemu-gdb` waits and says what to type; GDB in the other terminal runs it to its end."""
    assert "give both terminals the same LAB=, SOLVED= and TEST=" in session("continue", lab=2)
    out = session("tbreak kmain", "continue", "ring", "continue", lab=1)
    assert "kmain ()" in out and "ring 0, 64-bit code" in out
    waiting.expect("the kernel shut down")


@pytest.mark.slow
def test_leaving_gdb_ends_the_machine(waiting):
    assert "kmain ()" in session("tbreak kmain", "continue", lab=1)
    waiting.expect(pexpect.EOF)
    assert "Lab 1 is complete" not in waiting.before and nothing_left()


@pytest.mark.slow
def test_the_first_trap_of_all():
    """`until-trap` may come first, when nothing of the kernel is in memory yet."""
    out = session("until-trap 0x80", "trapframe", "ring")
    assert "interrupt 128 from ring 3" in out
    assert "trap frame at 0xffff800000004f50 (kernel stack 0 (PID 1)): interrupt 128" in out
    out = session("until-trap df", "ring", "idt 8", lab=1)
    assert "#DF double fault from ring 0" in out
    assert "the stack of IST 1" in out
    assert "it leads to its stub" in out


@pytest.mark.slow
def test_in_a_terminal():
    """Ctrl-C stops the machine, not the session; quit leaves nothing running."""
    gdb = pexpect.spawn("make",
                        ["-s", "gdb", "LAB=3", "SOLVED=1,2,3.1,3.2,3.3,3.4", f"GDBPORT={PORT}"],
                        cwd=str(ROOT), encoding="utf-8", timeout=300,
                        env=dict(os.environ, TERM="dumb"))
    gdb.expect(r"\(gdb\) ")
    gdb.sendline("until-ring3")
    gdb.expect("the page table of PID 1")
    gdb.expect(r"\(gdb\) ")
    gdb.sendline("tbreak sys_exit")
    gdb.expect(r"\(gdb\) ")
    gdb.sendline("quit")
    gdb.expect(pexpect.EOF)
    gdb.close()
    assert nothing_left()
