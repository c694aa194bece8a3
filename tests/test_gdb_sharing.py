"""GDB's commands about processes that wait and pages that are shared, in lab 4."""
import re

import pytest
from test_gdb import session

pytestmark = pytest.mark.slow


def test_who_waits_for_what():
    out = session("tbreak begin_sleeping", "continue", "processes", "tbreak wait_switch",
                  "continue", "tbreak schedule", "continue", "processes", "processes 0",
                  "processes current->pid", "tbreak begin_family", "continue",
                  "tbreak sys_wait4", "continue", "tbreak wait_switch", "continue",
                  "tbreak schedule", "continue", "processes", "processes 99", "owners", "owners 0",
                  lab=4)
    assert "the process table is empty" in out
    row = re.search(r"^ \* (\d)    -       waiting  slots\+0x\w+ +at 0xffff80000000(\w{4}), (\d+) "
                    r"bytes: sleep_on\+\d+$", out, re.M)
    assert row and int(row[2], 16) + int(row[3]) in (0x5000, 0xA000, 0xF000), out
    calls = re.findall(r"^#(\d)  (\w+)\+\d+ at \S+/(\w+)\.\w+:\d+$", out, re.M)
    assert calls == [(str(level), *place) for level, place in enumerate((
        ("sleep_on", "sleep_on"), ("clock_wait", "clock"), ("call_nanosleep", "process_calls"),
        ("syscall_trap", "syscall_trap"), ("trap_dispatch", "trap"),
        ("trap_entry", "trap_entry")))], out
    assert re.search(r"^   \d+ +8 +zombie +- +not needed any more$", out, re.M)
    assert "there is no PID 99" in out and "owners wants a physical address" in out
    assert "frame 0x0: 0 in the user halves of processes" in out and "Traceback" not in out


def test_who_shares_a_frame():
    out = session("tbreak begin_sharing", "continue", "tbreak cow_fault", "continue", "next",
                  "next", "next", "owners *entry", "processes current->pid",
                  "set $number = (*entry & 0xfffffffff000) >> 12",
                  "print counts[$number / 2048][$number % 2048]--", "owners *entry", lab=4)
    shared = re.findall(r"^  PID (\d+) +0x00007fffffffe000  r-- user, PTE_COPY  \(user stack\)$",
                        out, re.M)
    assert len(shared) >= 4 and "14" in shared and "runs: `bt` shows its calls" in out, out
    many = len(shared) // 2
    assert f": {many} in the user halves of processes, the kernel counts {many}\n" in out
    assert f": {many} in the user halves of processes, the kernel counts {many - 1}   <--" in out
